import { connect } from "node:net";
import type { ISocketFactory } from "kafkajs";
import { clientId, kafkaTopic, reading } from "../batch.ts";
import type { Probe } from "../probe.ts";
import { startKafkaFake } from "./fake.ts";
import { KafkaSplitter } from "./messages.ts";

export const kafkaProbe: Probe = {
  id: "kafka-produce",
  system: "kafka",
  label: "Kafka, acks=all",
  fake: startKafkaFake,
  splitter: () => new KafkaSplitter(),
  prepare: async ({ host, port }) => {
    const { Kafka, logLevel } = await import("kafkajs");
    // Always to this address, whatever the broker calls itself.
    const socketFactory: ISocketFactory = ({ onConnect }) => connect({ host, port }, onConnect);
    const brokers = [`${host}:${port}`];
    const admin = new Kafka({ brokers, socketFactory, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const topics = [reading, { ...reading, keyed: true }].map((batch) => ({
      topic: kafkaTopic(batch),
    }));
    await admin.createTopics({ topics, waitForLeaders: true });
    await admin.disconnect();
  },
  open: async (line, server) => {
    const { Kafka, logLevel, Partitioners } = await import("kafkajs");
    const kafka = new Kafka({
      clientId,
      // By the name that it calls itself; with another one, the client would open a second connection.
      brokers: [`${server.host}:${server.port}`],
      // Wherever a broker says it is, the way there leads over the recorder.
      socketFactory: ({ onConnect }) => connect({ host: line.host, port: line.port }, onConnect),
      logLevel: logLevel.NOTHING,
      connectionTimeout: 5000,
      retry: { retries: 3, initialRetryTime: 50 },
    });
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    // The same time for all, so that the differences of times take as many bytes in every run.
    const timestamp = String(Date.now());
    return {
      send: async (batch) => {
        await producer.send({
          topic: kafkaTopic(batch),
          acks: -1,
          messages: Array.from({ length: batch.count }, () => ({
            key: batch.keyed ? batch.topic : null,
            value: batch.payload,
            partition: 0,
            timestamp,
          })),
        });
      },
      close: () => producer.disconnect(),
    };
  },
};
