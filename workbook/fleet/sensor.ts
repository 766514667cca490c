import { type Reading, seededRandom, simulateBuilding } from "../telemetry.ts";

/** A sensor whose values wander as real ones do. The same seed gives the same values, in order. */
export interface Sensor {
  readonly room: string;
  readonly kind: string;
  readonly unit: string;
  next(): Reading;
}

/** One sensor for each room; what they measure takes turns. */
export function sensorsOf(rooms: readonly string[], seed: number): Sensor[] {
  const readings = simulateBuilding(rooms, seed);
  const kinds = readings.length / rooms.length;
  return rooms.flatMap((_, index) => {
    const first = readings[index * kinds + (index % kinds)];
    return first ? [wandering(first, seed + index)] : [];
  });
}

/** How much of its way from the usual value a sensor keeps in each step. */
const MEMORY = 0.92;
/** The largest step, as a part of the usual value. */
const STEP = 0.03;

function wandering(first: Reading, seed: number): Sensor {
  const random = seededRandom(seed);
  const { kind, room, unit } = first;
  let drift = 0;
  return {
    room,
    kind,
    unit,
    next: () => {
      const value = Math.round((first.value + drift) * 10) / 10;
      drift = drift * MEMORY + (random() * 2 - 1) * STEP * first.value;
      return { kind, room, value, unit };
    },
  };
}
