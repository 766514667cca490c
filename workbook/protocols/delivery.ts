import { type Fact, sources } from "./sources.ts";

/** What happens to a message between a sender and a receiver, however lines break and programs restart. */
export type Guarantee = "at most once" | "at least once" | "exactly once" | "none";

type Qos = 0 | 1 | 2;

/** One system on a message's way, as it was set up: a publisher before it, a receiver behind it. */
export type Leg =
  | {
      readonly system: "mqtt";
      readonly publishQos: Qos;
      /** What the receiver subscribed with. */
      readonly subscribeQos: Qos;
    }
  | {
      readonly system: "rabbitmq";
      /** The publisher waits for confirms, and sends again what was not confirmed. */
      readonly confirms: boolean;
      /** Automatic: a message counts as delivered when it was sent. Manual: when the receiver says so. */
      readonly acks: "automatic" | "manual";
    }
  | {
      readonly system: "kafka";
      /** Whether the publisher waits for the brokers, and sends again what they did not acknowledge. */
      readonly acks: 0 | "all";
      /** The publisher numbers its records, and the broker drops those it has. Needs acks "all". */
      readonly idempotent: boolean;
      /**
       * When the receiver notes how far it has read: before or after its work, or in one transaction with
       * what the work wrote to Kafka.
       */
      readonly commit: "before" | "after" | "transaction";
    }
  | {
      readonly system: "pubsub";
      /** The subscription asks for exactly-once delivery, which only `pull` has. */
      readonly exactlyOnce: boolean;
      readonly subscription: "pull" | "push";
    };

/** One of the settings that decide, for the table of the report. */
export interface DeliveryOption {
  readonly leg: Leg;
  /** From the publisher to the server, or from there to the receiver. */
  readonly hop: "publish" | "receive";
  readonly setting: string;
  /** Who chooses it, and for how much at once. */
  readonly chosenPer: string;
  readonly limit: Fact;
}

const mqtt = (qos: Qos) => ({ system: "mqtt", publishQos: qos, subscribeQos: qos }) as const;
const session: Fact = {
  text: "Holds for as long as the session lives, and ends at the client library.",
  source: sources.mqtt5,
};
const rabbitmq = { system: "rabbitmq", confirms: true, acks: "manual" } as const;
const kafka = { system: "kafka", acks: "all", idempotent: true, commit: "after" } as const;
const pubsub = { system: "pubsub", exactlyOnce: false, subscription: "pull" } as const;

export const deliveryOptions: readonly DeliveryOption[] = [
  ...([0, 1, 2] as const).flatMap((qos): DeliveryOption[] => [
    {
      leg: mqtt(qos),
      hop: "publish",
      setting: `QoS ${qos}`,
      chosenPer: "message",
      limit:
        qos === 0
          ? { text: "What is on its way when the line breaks is lost.", source: sources.mqtt5 }
          : session,
    },
    {
      leg: mqtt(qos),
      hop: "receive",
      setting: `subscribed with QoS ${qos}`,
      chosenPer: "subscription",
      limit: {
        text: "The lower level counts, that of the message or that of the subscription.",
        source: sources.mqtt5,
      },
    },
  ]),
  {
    leg: { ...rabbitmq, confirms: false },
    hop: "publish",
    setting: "no confirms",
    chosenPer: "channel",
    limit: { text: "Nobody says what got lost.", source: sources.rabbitConfirms },
  },
  {
    leg: rabbitmq,
    hop: "publish",
    setting: "publisher confirms",
    chosenPer: "channel",
    limit: {
      text: "To outlive a restart, queue and message must be durable.",
      source: sources.rabbitConfirms,
    },
  },
  {
    leg: { ...rabbitmq, acks: "automatic" },
    hop: "receive",
    setting: "automatic acks",
    chosenPer: "consumer",
    limit: {
      text: "What was sent to a receiver that then dies is lost.",
      source: sources.rabbitConfirms,
    },
  },
  {
    leg: rabbitmq,
    hop: "receive",
    setting: "manual acks",
    chosenPer: "consumer",
    limit: {
      text: "What was not acknowledged comes again, flagged as redelivered.",
      source: sources.rabbitConfirms,
    },
  },
  {
    leg: { ...kafka, acks: 0, idempotent: false },
    hop: "publish",
    setting: "acks=0",
    chosenPer: "producer",
    limit: { text: "The producer never hears of a loss.", source: sources.kafkaConfiguration },
  },
  {
    leg: { ...kafka, idempotent: false },
    hop: "publish",
    setting: "acks=all",
    chosenPer: "producer",
    limit: {
      text: "What is sent again after a lost answer is stored twice.",
      source: sources.kafkaDesign,
    },
  },
  {
    leg: kafka,
    hop: "publish",
    setting: "acks=all, idempotent",
    chosenPer: "producer",
    limit: {
      text: "Covers what the producer itself sends again, not a program that starts anew.",
      source: sources.kip98,
    },
  },
  {
    leg: { ...kafka, commit: "before" },
    hop: "receive",
    setting: "offset before the work",
    chosenPer: "group",
    limit: {
      text: "What a receiver was working on when it died is skipped.",
      source: sources.kafkaDesign,
    },
  },
  {
    leg: kafka,
    hop: "receive",
    setting: "offset after the work",
    chosenPer: "group",
    limit: { text: "What was done and not noted is done again.", source: sources.kafkaDesign },
  },
  {
    leg: { ...kafka, commit: "transaction" },
    hop: "receive",
    setting: "in a transaction",
    chosenPer: "transaction",
    limit: {
      text: "Only for work whose result is written to Kafka.",
      source: sources.kip98,
    },
  },
  {
    leg: pubsub,
    hop: "publish",
    setting: "every publish",
    chosenPer: "service",
    limit: {
      text: "What is sent again after a lost answer is another message, with another id.",
      source: sources.pubsubExactlyOnce,
    },
  },
  {
    leg: pubsub,
    hop: "receive",
    setting: "default",
    chosenPer: "subscription",
    limit: {
      text: "What is not acknowledged in time comes again.",
      source: sources.pubsubSubscribers,
    },
  },
  {
    leg: { ...pubsub, exactlyOnce: true },
    hop: "receive",
    setting: "exactly-once delivery",
    chosenPer: "subscription",
    limit: {
      text: "Pull only, in one region; rules redelivery after an acknowledgement.",
      source: sources.pubsubExactlyOnce,
    },
  },
];
