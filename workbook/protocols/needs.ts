import { type Fact, sources } from "./sources.ts";
import type { System } from "./systems.ts";

/** What a project needs of its messaging. */
export interface Scenario {
  readonly name: string;
  /** Programs or things that publish, each over a connection of its own. */
  readonly devices: number;
  /** How many readings a device takes each day. */
  readonly readingsPerDay: number;
  /** How many of them it sends together: 1 where each goes out as it is taken. */
  readonly together: number;
  /** How often a device connects each day. */
  readonly connectsPerDay: number;
  /** The size of one reading. */
  readonly payloadBytes: number;
  /** What the link gives a device each day, in bytes. `Infinity` on a cable. */
  readonly dailyBytes: number;
  /** How far back readers want to read again what they have read before. */
  readonly replayHours: number;
  /** Several workers share the readings, and those of one device must be handled in their order. */
  readonly order: boolean;
  /** How long a command waits for a device that is away. 0 where nobody sends commands. */
  readonly offlineHours: number;
  /** Whether it has to run on servers of one's own. */
  readonly onPremises: boolean;
}

/** What can keep a system from being enough. */
export type Need = "payload" | "data plan" | "replay" | "order" | "offline" | "on premises";

/** The needs that count where the devices connect, and those that count where the data is worked on. */
export const deviceNeeds: readonly Need[] = ["payload", "data plan", "offline", "on premises"];
export const backendNeeds: readonly Need[] = ["payload", "replay", "order", "on premises"];

/** What a system can do, as far as the scenarios ask for it. */
export interface Capability {
  /** The largest message, in bytes, as the server comes. */
  readonly maxPayload: number;
  /** How long back messages can be read again, in hours. `Infinity`: as long as there are disks. */
  readonly replayHours: number;
  /** Workers can share the messages, and those with the same key stay in order. */
  readonly orderedWorkers: boolean;
  /** For how many devices it can keep a queue each while they are away. */
  readonly inboxes: number;
  /** For how long, in hours. */
  readonly inboxHours: number;
  readonly runsOnPremises: boolean;
}

export const capabilities: Record<System, Capability> = {
  mqtt: {
    maxPayload: 268_435_455,
    replayHours: 0,
    orderedWorkers: false,
    inboxes: Number.POSITIVE_INFINITY,
    inboxHours: Number.POSITIVE_INFINITY,
    runsOnPremises: true,
  },
  rabbitmq: {
    maxPayload: 16 * 1024 ** 2,
    replayHours: Number.POSITIVE_INFINITY,
    orderedWorkers: true,
    inboxes: Number.POSITIVE_INFINITY,
    inboxHours: Number.POSITIVE_INFINITY,
    runsOnPremises: true,
  },
  kafka: {
    maxPayload: 1_048_588,
    replayHours: Number.POSITIVE_INFINITY,
    orderedWorkers: true,
    inboxes: 0,
    inboxHours: 0,
    runsOnPremises: true,
  },
  pubsub: {
    maxPayload: 10_000_000,
    replayHours: 31 * 24,
    orderedWorkers: true,
    inboxes: 10_000,
    inboxHours: 31 * 24,
    runsOnPremises: false,
  },
};

/** Why the table above says so. */
export const capabilityFacts: Record<System, Record<keyof Capability, Fact>> = {
  mqtt: {
    maxPayload: { text: "The remaining length has four bytes.", source: sources.mqtt5 },
    replayHours: {
      text: "A server keeps the last retained message of a topic, and no others.",
      source: sources.mqtt5,
    },
    orderedWorkers: {
      text: "A shared subscription has no rule by which the messages of a topic stay together.",
      source: sources.mqtt5,
    },
    inboxes: { text: "Every client may have a session.", source: sources.mqtt5 },
    inboxHours: {
      text: "A session with expiry interval 0xFFFFFFFF does not expire.",
      source: sources.mqtt5,
    },
    runsOnPremises: { text: "An open standard with open servers.", source: sources.mqtt5 },
  },
  rabbitmq: {
    maxPayload: { text: "16 MiB, unless configured otherwise.", source: sources.rabbit40 },
    replayHours: {
      text: "Streams keep what their retention says, and can be read again.",
      source: sources.rabbitStreams,
    },
    orderedWorkers: {
      text: "Super streams with single active consumers keep the order within a partition.",
      source: sources.rabbitStreams,
    },
    inboxes: { text: "A durable queue for each device.", source: sources.rabbitQueues },
    inboxHours: { text: "A queue expires only if it is told to.", source: sources.rabbitQueues },
    runsOnPremises: { text: "Open source.", source: sources.rabbit40 },
  },
  kafka: {
    maxPayload: { text: "message.max.bytes, as it comes.", source: sources.kafkaConfiguration },
    replayHours: {
      text: "retention.ms may be -1, for no limit in time.",
      source: sources.kafkaConfiguration,
    },
    orderedWorkers: {
      text: "Records with one key are in one partition, and that has one reader in a group.",
      source: sources.kafkaDesign,
    },
    inboxes: {
      text: "Consumers read partitions; there is no queue for one consumer.",
      source: sources.kafkaDesign,
    },
    inboxHours: {
      text: "Consumers read partitions; there is no queue for one consumer.",
      source: sources.kafkaDesign,
    },
    runsOnPremises: { text: "Open source.", source: sources.kafkaUpgrade },
  },
  pubsub: {
    maxPayload: { text: "10 MB a message.", source: sources.pubsubQuotas },
    replayHours: {
      text: "A topic retains messages for up to 31 days; seek reads them again.",
      source: sources.pubsubReplay,
    },
    orderedWorkers: {
      text: "With an ordering key, where the subscription asks for order.",
      source: sources.pubsubOrdering,
    },
    inboxes: { text: "10,000 subscriptions a project.", source: sources.pubsubQuotas },
    inboxHours: {
      text: "A topic retains messages for up to 31 days.",
      source: sources.pubsubReplay,
    },
    runsOnPremises: { text: "A service of Google Cloud.", source: sources.pubsubSubscribers },
  },
};

/** What a device and a bridge send: the payload in this size, under a topic as long as the reading's. */
export const scenarios: readonly Scenario[] = [
  {
    name: "Sensors in the field",
    devices: 5_000,
    readingsPerDay: 96,
    together: 1,
    connectsPerDay: 4,
    payloadBytes: 14,
    dailyBytes: 10_000,
    replayHours: 0,
    order: false,
    offlineHours: 48,
    onPremises: false,
  },
  {
    name: "A fleet and its analysts",
    devices: 100_000,
    readingsPerDay: 1_440,
    together: 1,
    connectsPerDay: 4,
    payloadBytes: 14,
    dailyBytes: 100_000,
    replayHours: 24 * 365,
    order: true,
    offlineHours: 24,
    onPremises: false,
  },
  {
    name: "Web shop events",
    devices: 20,
    readingsPerDay: 1_000_000,
    together: 100,
    connectsPerDay: 1,
    payloadBytes: 200,
    dailyBytes: Number.POSITIVE_INFINITY,
    replayHours: 24 * 14,
    order: true,
    offlineHours: 0,
    onPremises: true,
  },
  {
    name: "Scans for two clinics",
    devices: 40,
    readingsPerDay: 200,
    together: 1,
    connectsPerDay: 1,
    payloadBytes: 8_000_000,
    dailyBytes: Number.POSITIVE_INFINITY,
    replayHours: 24 * 7,
    order: false,
    offlineHours: 24,
    onPremises: true,
  },
];
