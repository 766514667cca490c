// Kills: analyzeOverhead: MQTT 5: gives the bytes that the client sends
// The remaining length always takes one byte.
import { changeSize } from "../change-size.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeOverhead = changeSize("mqtt", ({ topic, payload, count }, size) => {
  const remaining = 5 + Buffer.byteLength(topic) + Buffer.byteLength(payload);
  return size - (remaining > 127 ? count : 0);
});
