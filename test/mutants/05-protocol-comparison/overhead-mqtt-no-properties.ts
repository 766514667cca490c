// Kills: analyzeOverhead: MQTT 5: gives the bytes that the client sends
// That there are no properties takes a byte to say.
import { changeSize } from "../change-size.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeOverhead = changeSize("mqtt", ({ count }, size) => size - count);
