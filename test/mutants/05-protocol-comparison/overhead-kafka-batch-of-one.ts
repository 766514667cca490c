// Kills: analyzeOverhead: Kafka: gives the bytes that the client sends
// Each record is taken to be a batch of its own.
import { changeSize } from "../change-size.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeOverhead = changeSize("kafka", ({ count }, size) => size + 61 * (count - 1));
