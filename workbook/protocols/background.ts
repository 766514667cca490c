import { type Fact, sources } from "./sources.ts";
import type { System } from "./systems.ts";

/** What one should know of each system, and what older comparisons have wrong. */
export const background: Record<System, readonly Fact[]> = {
  mqtt: [
    {
      text: "Version 3.1.1 is an ISO standard, beside being one of OASIS.",
      source: sources.iso20922,
    },
    {
      text: "Version 5.0 is an OASIS standard of 2019. It has no ISO number.",
      source: sources.mqtt5,
    },
    {
      text: "A server keeps the session of a client that is away, with what comes for it, for up to 136 years or for ever.",
      source: sources.mqtt5,
    },
  ],
  rabbitmq: [
    {
      text: "AMQP 0-9-1, which RabbitMQ's clients speak, never was a standard of OASIS or ISO.",
      source: sources.amqp091,
    },
    {
      text: "AMQP 1.0, another protocol of that name, is one. RabbitMQ speaks it without a plugin since 4.0.",
      source: sources.iso19464,
    },
    {
      text: "Its MQTT plugin has no QoS 2 and no shared subscriptions, and subscriptions with wildcards get no retained messages.",
      source: sources.rabbitMqtt,
    },
    { text: "Streams can be read again from any point.", source: sources.rabbitStreams },
  ],
  kafka: [
    {
      text: "Since 4.0 it runs without ZooKeeper, and in no other way.",
      source: sources.kafkaUpgrade,
    },
    {
      text: "Share groups make a queue of a topic: each record is acknowledged by itself, or delivered again.",
      source: sources.kip932,
    },
    {
      text: "Exactly once means transactions that read from Kafka and write to Kafka.",
      source: sources.kip98,
    },
  ],
  pubsub: [
    {
      text: "Exactly-once delivery exists, for pull and StreamingPull within one region.",
      source: sources.pubsubExactlyOnce,
    },
    {
      text: "It is no MQTT broker: Google's IoT Core, which was one, was retired on 2023-08-16.",
      source: sources.iotCore,
    },
  ],
};
