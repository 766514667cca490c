// Kills: analyzeOverhead: Pub/Sub: gives the bytes that the client sends
// Which sensor it was is forgotten.
import { changeSize } from "../change-size.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeOverhead = changeSize("pubsub", (batch, size) =>
  batch.keyed ? size - batch.count * 12 : size,
);
