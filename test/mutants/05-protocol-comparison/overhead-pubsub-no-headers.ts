// Kills: analyzeOverhead: Pub/Sub: gives the bytes that the client sends
// HTTP/2 says whom it calls before every message.
import { changeSize } from "../change-size.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeOverhead = changeSize(
  "pubsub",
  (_batch, size, costs) => size - costs.pubsub.headers,
);
