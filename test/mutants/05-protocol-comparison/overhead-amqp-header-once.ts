// Kills: analyzeOverhead: RabbitMQ: gives the bytes that the client sends
// The header frame is counted once for the batch.
import { changeSize } from "../change-size.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeOverhead = changeSize("rabbitmq", ({ count }, size) => size - 26 * (count - 1));
