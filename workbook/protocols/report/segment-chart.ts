import type { Findings } from "../findings.ts";
import { type SegmentKind, segmentKinds } from "../probe.ts";
import { element, escapeText } from "./svg.ts";

const WIDTH = 380;
const ROW = 34;
const BAR = 14;
const HEAD = 30;
/** Behind the longest bar there must be room for its sum. */
const SUM = 40;

/** Each kind has a pattern of its own; the texture shows, whatever becomes of the colours. */
const patterns: Record<SegmentKind, string> = {
  frame: element("path", { d: "M0 4H8", class: "ink" }),
  header: element("path", { d: "M-2 10L10 -2M-2 2L2 -2M6 10L10 6", class: "ink" }),
  topic: element("circle", { cx: 4, cy: 4, r: 1.8, class: "dot" }),
  payload: "",
  padding: element("path", { d: "M0 0L8 8M8 0L0 8", class: "ink" }),
};

/** A bar for each way of publishing, cut into what its bytes are for. */
export function drawSegmentChart({ measurements }: Findings): string {
  const kinds = segmentKinds.filter((kind) =>
    measurements.some(({ segments }) => segments[kind] > 0),
  );
  const most = Math.max(...measurements.map(({ single }) => single.publish));
  const scale = (WIDTH - SUM) / most;
  const defs = kinds.map((kind) =>
    element(
      "pattern",
      { id: `p-${kind}`, width: 8, height: 8, patternUnits: "userSpaceOnUse" },
      element("rect", { width: 8, height: 8, class: `ground ${kind}` }),
      patterns[kind],
    ),
  );
  const legend = kinds.map((kind, index) => {
    const x = index * 84;
    return (
      element("rect", {
        class: "bar",
        x: x + 0.5,
        y: 0.5,
        width: 20,
        height: BAR,
        fill: `url(#p-${kind})`,
      }) + element("text", { class: "tick", x: x + 26, y: 12 }, kind)
    );
  });
  const rows = measurements.flatMap(({ label, segments, single }, index) => {
    const y = HEAD + index * ROW;
    let x = 0.5;
    const bars = kinds.map((kind) => {
      const width = segments[kind] * scale;
      const bar = element(
        "rect",
        { class: "bar", x, y: y + 14, width, height: BAR, fill: `url(#p-${kind})` },
        element("title", {}, `${escapeText(label)}, ${kind}: ${segments[kind]} bytes`),
      );
      x += width;
      return segments[kind] > 0 ? bar : "";
    });
    return [
      element("text", { class: "name", x: 0, y: y + 9 }, escapeText(label)),
      ...bars,
      element("text", { class: "sum", x: x + 6, y: y + 26 }, String(single.publish)),
    ];
  });
  const told = measurements.map(({ label, single }) => `${label} ${single.publish}`).join(", ");
  return element(
    "svg",
    {
      viewBox: `0 0 ${WIDTH} ${HEAD + measurements.length * ROW}`,
      role: "img",
      "aria-labelledby": "segments-t segments-d",
    },
    element("title", { id: "segments-t" }, "What the bytes of one reading are there for"),
    element(
      "desc",
      { id: "segments-d" },
      `Bytes sent for one reading: ${escapeText(told)}. The figures are in the table below.`,
    ),
    element("defs", {}, ...defs),
    ...legend,
    ...rows,
  );
}
