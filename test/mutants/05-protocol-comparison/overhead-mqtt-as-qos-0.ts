// Kills: analyzeOverhead: MQTT 5: gives the bytes that the client sends
// Without the packet identifier, which QoS 1 needs.
import { changeSize } from "../change-size.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeOverhead = changeSize("mqtt", ({ count }, size) => size - 2 * count);
