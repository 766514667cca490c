import type { Findings } from "../findings.ts";
import { comparedMeasurement, LARGEST } from "../measure.ts";
import { type System, systemNames, systems } from "../systems.ts";
import { numbered } from "./sections.ts";
import { element, escapeText, spread } from "./svg.ts";

const WIDTH = 400;
const HEIGHT = 300;
const left = 40;
const right = WIDTH - 112;
const top = 14;
const bottom = HEIGHT - 40;
const ticks = [1, 2, 5, 10, 20, 50, LARGEST];

/** Each line has a dash and a mark of its own, so that nothing depends on colour. */
const dashes: Record<System, string> = {
  mqtt: "none",
  rabbitmq: "2 3",
  kafka: "9 4",
  pubsub: "12 3 2 3",
};

/** The bytes of a reading against the size of the batch, with the crossings marked. */
export function drawBatchChart(findings: Findings, keyed: boolean): string {
  const { measurements } = findings;
  const lines = systems.map((system) => ({
    system,
    points: comparedMeasurement(measurements, system)
      .batches.filter((batch) => batch.keyed === keyed)
      .map(({ count, publish }) => ({ count, each: publish / count })),
  }));
  // One scale for both charts, so that they can be held against each other.
  const all = systems.flatMap((system) => comparedMeasurement(measurements, system).batches);
  const highest = Math.max(...all.map(({ publish, count }) => publish / count));
  const step = 40;
  const ceiling = Math.ceil(highest / step) * step;
  const x = (count: number) => left + ((right - left) * Math.log(count)) / Math.log(LARGEST);
  const y = (each: number) => bottom - ((bottom - top) * each) / ceiling;

  const grid = Array.from({ length: ceiling / step + 1 }, (_, index) => index * step).flatMap(
    (each) => [
      element("line", { class: "grid", x1: left, x2: right, y1: y(each), y2: y(each) }),
      element(
        "text",
        { class: "tick", x: left - 6, y: y(each) + 4, "text-anchor": "end" },
        `${each}`,
      ),
    ],
  );
  const axis = ticks.map((count) =>
    element(
      "text",
      { class: "tick", x: x(count), y: bottom + 16, "text-anchor": "middle" },
      `${count}`,
    ),
  );
  const ends = lines.map(({ points }) => points.at(-1)?.each ?? 0);
  const labels = spread(ends.map(y), 15, bottom);
  const drawn = lines.map(({ system, points }, index) => {
    const path = points
      .map(
        ({ count, each }, at) =>
          `${at === 0 ? "M" : "L"}${x(count).toFixed(1)} ${y(each).toFixed(1)}`,
      )
      .join("");
    const end = ends[index] ?? 0;
    const label = labels[index] ?? 0;
    const marks = points
      .filter(({ count }) => ticks.includes(count))
      .map(({ count, each }) => mark(system, x(count), y(each)));
    return element(
      "g",
      { class: system },
      element("path", { class: "line", d: path, "stroke-dasharray": dashes[system] }),
      ...marks,
      element("path", {
        class: "leader",
        d: `M${(right + 5).toFixed(1)} ${y(end).toFixed(1)}L${right + 14} ${label.toFixed(1)}`,
      }),
      element(
        "text",
        { class: "name", x: right + 17, y: label + 4 },
        `${escapeText(systemNames[system])} ${end.toFixed(0)}`,
      ),
    );
  });

  const badges: { x: number; y: number }[] = [];
  const marked = numbered(findings).flatMap((crossing) => {
    if (crossing.keyed !== keyed) return [];
    const points = lines.find(({ system }) => system === crossing.after)?.points ?? [];
    const each = points.find(({ count }) => count === crossing.count)?.each ?? 0;
    const at = { x: x(crossing.count), y: y(each) };
    const place = freePlace(at, badges);
    badges.push(place);
    return element(
      "g",
      { class: "crossing" },
      element("title", {}, escapeText(crossing.text)),
      element("line", { x1: at.x, y1: at.y, x2: place.x, y2: place.y }),
      element("circle", { class: "point", cx: at.x, cy: at.y, r: 3 }),
      element("circle", { class: "badge", cx: place.x, cy: place.y, r: 9 }),
      element(
        "text",
        { x: place.x, y: place.y + 4, "text-anchor": "middle" },
        String(crossing.number),
      ),
    );
  });

  const title = keyed
    ? "Each reading carries its sensor's id"
    : "All readings of a batch are of one sensor";
  const id = keyed ? "batches-keyed" : "batches";
  const told = lines.map(
    ({ system }, index) => `${systemNames[system]} ${ends[index]?.toFixed(1)}`,
  );
  return element(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-labelledby": `${id}-t ${id}-d` },
    element(
      "title",
      { id: `${id}-t` },
      `Bytes a reading against the size of the batch. ${escapeText(title)}`,
    ),
    element(
      "desc",
      { id: `${id}-d` },
      `In batches of ${LARGEST}, bytes a reading: ${escapeText(told.join(", "))}. The figures are in the table below.`,
    ),
    ...grid,
    ...axis,
    element(
      "text",
      { class: "tick", x: (left + right) / 2, y: HEIGHT - 6, "text-anchor": "middle" },
      "readings in a batch",
    ),
    ...drawn,
    ...marked,
  );
}

/** A place for a crossing's number near its point, where no other number is. */
function freePlace(
  point: { x: number; y: number },
  taken: readonly { x: number; y: number }[],
): { x: number; y: number } {
  const places = [
    [14, -20],
    [-4, 24],
    [24, -34],
    [-20, 30],
    [34, -14],
    [20, 26],
  ].map(([dx = 0, dy = 0]) => ({ x: point.x + dx, y: point.y + dy }));
  const free = places.find((place) => {
    const within = place.x > left + 8 && place.y > top + 8 && place.y < bottom - 8;
    return within && taken.every((other) => Math.hypot(other.x - place.x, other.y - place.y) > 20);
  });
  return free ?? point;
}

/** A mark of each system's own: a disc, a square, a triangle, a diamond. */
function mark(system: System, x: number, y: number): string {
  const r = 3.5;
  const path = (points: readonly (readonly [number, number])[]) =>
    element("path", {
      class: "mark",
      d: `${points.map(([dx, dy], at) => `${at === 0 ? "M" : "L"}${(x + dx).toFixed(1)} ${(y + dy).toFixed(1)}`).join("")}Z`,
    });
  switch (system) {
    case "mqtt":
      return element("circle", { class: "mark", cx: x, cy: y, r });
    case "rabbitmq":
      return path([
        [-r, -r],
        [r, -r],
        [r, r],
        [-r, r],
      ]);
    case "kafka":
      return path([
        [0, -r - 1],
        [r + 1, r],
        [-r - 1, r],
      ]);
    case "pubsub":
      return path([
        [0, -r - 1.5],
        [r + 1.5, 0],
        [0, r + 1.5],
        [-r - 1.5, 0],
      ]);
  }
}
