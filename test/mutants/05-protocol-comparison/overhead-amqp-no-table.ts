// Kills: analyzeOverhead: RabbitMQ: gives the bytes that the client sends
// An empty table takes four bytes to say so.
import { changeSize } from "../change-size.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeOverhead = changeSize("rabbitmq", ({ count }, size) => size - 4 * count);
