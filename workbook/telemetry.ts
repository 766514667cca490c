/** The telemetry that the exercises speak of: what a sensor reports, and a building full of sensors. */

/** One measurement of one sensor. */
export interface Reading {
  /** What is measured: one level of a topic, e.g. `temperature`. */
  readonly kind: string;
  /** Where it is measured: one level of a topic, e.g. `kitchen`. */
  readonly room: string;
  readonly value: number;
  readonly unit: string;
}

/** Whether a value that came out of `JSON.parse` really is a reading. */
export function isReading(value: unknown): value is Reading {
  if (typeof value !== "object" || value === null) return false;
  const reading = value as Partial<Reading>;
  return (
    typeof reading.kind === "string" &&
    typeof reading.room === "string" &&
    typeof reading.value === "number" &&
    typeof reading.unit === "string"
  );
}

/**
 * Puts `WORKBOOK_PREFIX` before a topic, a filter or a client id, so that a class can share one broker.
 * With a broker of your own the prefix is empty and nothing changes.
 */
export function prefixed(name: string): string {
  return `${process.env.WORKBOOK_PREFIX ?? ""}${name}`;
}

const sensors = [
  { kind: "temperature", unit: "°C", usual: 21, spread: 3 },
  { kind: "humidity", unit: "%", usual: 45, spread: 15 },
  { kind: "co2", unit: "ppm", usual: 600, spread: 250 },
] as const;

/**
 * One reading of every sensor in every room. The same seed gives the same readings, so that two runs
 * can be compared.
 */
export function simulateBuilding(rooms: readonly string[], seed: number): Reading[] {
  const random = seededRandom(seed);
  return rooms.flatMap((room) =>
    sensors.map(({ kind, unit, usual, spread }) => ({
      kind,
      room,
      value: Math.round((usual + (random() - 0.5) * spread) * 10) / 10,
      unit,
    })),
  );
}

/** Numbers from 0 up to 1, always the same for one seed (the mulberry32 generator). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
