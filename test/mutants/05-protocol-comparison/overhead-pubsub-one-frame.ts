// Kills: analyzeOverhead: Pub/Sub: gives the bytes that the client sends
// A long request is taken for one DATA frame.
import { http2Frame } from "../../../workbook/protocols/batch.ts";
import { changeSize } from "../change-size.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeOverhead = changeSize(
  "pubsub",
  (_batch, size, costs) =>
    size - 9 * (Math.ceil((size - costs.pubsub.headers) / (http2Frame + 9)) - 1),
);
