import { exchange, routingKey } from "../batch.ts";
import type { Probe } from "../probe.ts";
import { startAmqpFake } from "./fake.ts";
import { AmqpSplitter } from "./messages.ts";

function amqpProbe(id: string, label: string, exchange: string): Probe {
  return {
    id,
    system: "rabbitmq",
    label,
    fake: startAmqpFake,
    splitter: () => new AmqpSplitter(),
    open: async (line) => {
      const { connect } = await import("amqplib");
      const url = `amqp://guest:guest@${line.host}:${line.port}?heartbeat=0`;
      // Three frames in three writes: the system would hold back the second until the first arrived.
      const connection = await connect(url, { noDelay: true });
      const channel = await connection.createConfirmChannel();
      return {
        send: async (batch) => {
          for (let i = 0; i < batch.count; i++) {
            channel.publish(exchange, routingKey(batch), Buffer.from(batch.payload));
          }
          await channel.waitForConfirms();
        },
        close: () => connection.close(),
      };
    },
  };
}

/** Both wait for the publisher confirm, which is RabbitMQ's extension of AMQP 0-9-1. */
export const amqpProbes: readonly Probe[] = [
  amqpProbe("amqp-topic", "AMQP 0-9-1, topic exchange", exchange),
  amqpProbe("amqp-default", "AMQP 0-9-1, default exchange", ""),
];
