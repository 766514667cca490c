// Kills: analyzeOverhead: Kafka: gives the bytes that the client sends
// The place in the batch is taken for one byte.
import { changeSize } from "../change-size.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeOverhead = changeSize(
  "kafka",
  ({ count }, size) => size - Math.max(0, count - 64),
);
