// Kills: analyzeOverhead: Kafka: gives the bytes that the client sends
// The key is forgotten.
import * as right from "../../../solutions/05-protocol-comparison.ts";
import { changeSize } from "../change-size.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeOverhead = changeSize(
  "kafka",
  (batch, _size, costs) => right.analyzeOverhead({ ...batch, keyed: false }, costs).kafka.publish,
);
