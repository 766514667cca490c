import { type Fact, sources } from "./sources.ts";
import type { System } from "./systems.ts";

/** The ways to spread messages over several receivers. */
export const patterns = [
  "mqtt subscription",
  "mqtt shared subscription",
  "rabbitmq competing consumers",
  "rabbitmq single active consumer",
  "kafka consumer group",
  "kafka share group",
  "pubsub subscription",
  "pubsub ordered subscription",
] as const;
export type Pattern = (typeof patterns)[number];

/** Programs that receive. */
export interface Teams {
  /** How many teams, each of which wants all messages: share names, queues, groups or subscriptions. */
  readonly teams: number;
  /** How many workers each team has. */
  readonly workers: number;
  /** How many partitions the topic has, in Kafka. All of them have messages. */
  readonly partitions: number;
  /** How many sensors send. Each is a key of its own, where there are keys. */
  readonly sensors: number;
}

/** What another worker in a team gets. */
export type Newcomer =
  | "a copy of every message"
  | "a share of the work"
  | "parts of others"
  | "nothing";

/** The rule behind each pattern. */
export const patternFacts: Record<Pattern, Fact & { readonly system: System }> = {
  "mqtt subscription": {
    system: "mqtt",
    text: "Each subscriber gets every message, those of one publisher and topic in order.",
    source: sources.mqtt5,
  },
  "mqtt shared subscription": {
    system: "mqtt",
    text: "Each message goes to one subscriber of the share name, whichever the server picks.",
    source: sources.mqtt5,
  },
  "rabbitmq competing consumers": {
    system: "rabbitmq",
    text: "Each message of a queue goes to one of its consumers, in turns.",
    source: sources.rabbitConsumers,
  },
  "rabbitmq single active consumer": {
    system: "rabbitmq",
    text: "One consumer gets everything, in order; the others wait for it to fail.",
    source: sources.rabbitConsumers,
  },
  "kafka consumer group": {
    system: "kafka",
    text: "A partition belongs to one member of the group at a time, and records with one key to one partition.",
    source: sources.kafkaDesign,
  },
  "kafka share group": {
    system: "kafka",
    text: "Members take records of the same partitions, each acknowledged by itself.",
    source: sources.kip932,
  },
  "pubsub subscription": {
    system: "pubsub",
    text: "Each message goes to one subscriber of the subscription.",
    source: sources.pubsubSubscribers,
  },
  "pubsub ordered subscription": {
    system: "pubsub",
    text: "The messages of one ordering key go to one subscriber, in order; at most 1 MB/s a key.",
    source: sources.pubsubOrdering,
  },
};

/** The teams that the report's table speaks of. */
export const exampleTeams: Teams = { teams: 2, workers: 6, partitions: 4, sensors: 1000 };
