// Kills: analyzeOverhead: RabbitMQ: gives the bytes that the client sends
// The body is taken for one frame, however long.
import { amqpFrame } from "../../../workbook/protocols/batch.ts";
import { changeSize } from "../change-size.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeOverhead = changeSize(
  "rabbitmq",
  ({ payload, count }, size) =>
    size - 8 * count * (Math.ceil(Buffer.byteLength(payload) / (amqpFrame - 8)) - 1),
);
