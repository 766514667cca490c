// Kills: analyzeOverhead: MQTT 5: gives the bytes that the client sends
// Characters are counted for bytes.
import { changeSize } from "../change-size.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeOverhead = changeSize(
  "mqtt",
  ({ payload, count }, size) => size - count * (Buffer.byteLength(payload) - payload.length),
);
