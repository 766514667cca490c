// Closed formulas; tables of settings and patterns; ranks by counting who is better.
import {
  amqpFrame,
  type Batch,
  clientId,
  exchange,
  http2Frame,
  kafkaTopic,
  pubsubTopic,
  reading,
  routingKey,
  sensorAttribute,
} from "../../../workbook/protocols/batch.ts";
import { deliveryOptions, type Guarantee, type Leg } from "../../../workbook/protocols/delivery.ts";
import type {
  Analyses,
  Crossing,
  Delivery,
  Fit,
  Overhead,
  Prices,
  Report,
  Scaling,
} from "../../../workbook/protocols/findings.ts";
import {
  type ConnectionCost,
  comparedMeasurement,
  connectionCosts,
  type Measurement,
} from "../../../workbook/protocols/measure.ts";
import {
  backendNeeds,
  type Capability,
  capabilities,
  deviceNeeds,
  type Need,
  type Scenario,
  scenarios,
} from "../../../workbook/protocols/needs.ts";
import { drawReport } from "../../../workbook/protocols/report/draw.ts";
import {
  exampleTeams,
  type Newcomer,
  type Pattern,
  patterns,
  type Teams,
} from "../../../workbook/protocols/scaling.ts";
import { type System, systems } from "../../../workbook/protocols/systems.ts";

const utf8 = (text: string) => new TextEncoder().encode(text).length;

/** The bits that the number has, seven to a byte. */
const groups = (number: number) => Math.ceil((32 - Math.clz32(number | 1)) / 7);

export function analyzeOverhead(
  batch: Batch,
  costs: Readonly<Record<System, ConnectionCost>>,
): Record<System, Overhead> {
  const [topic, payload] = [utf8(batch.topic), utf8(batch.payload)];
  const figures = (system: System, bytes: (count: number) => number): Overhead => ({
    publish: bytes(batch.count),
    beyond: (bytes(batch.count) - batch.count * (topic + payload)) / batch.count,
    wakeUp: costs[system].connect + costs[system].acknowledge + bytes(1),
    roundTrips: costs[system].roundTrips + 1,
  });

  const remaining = 5 + topic + payload;
  const frames = Math.ceil(payload / (amqpFrame - 8));
  const amqp = 43 + utf8(exchange) + utf8(routingKey(batch)) + payload + 8 * frames;

  // Of a record, without its length and its place in the batch.
  const key = batch.keyed ? groups(2 * topic) + topic : 1;
  const record = 3 + key + groups(2 * payload) + payload;
  // The places that take so many bytes, and what a record takes with one of them.
  const records = (count: number, bytes: number) => {
    const [from, to] = [bytes === 1 ? 0 : 64 * 128 ** (bytes - 2), 64 * 128 ** (bytes - 1)];
    const places = Math.max(0, Math.min(count, to) - from);
    return places * (groups(2 * (record + bytes)) + record + bytes);
  };
  const kafka = 101 + utf8(clientId) + utf8(kafkaTopic(batch));

  const attribute = 2 + groups(utf8(sensorAttribute)) + utf8(sensorAttribute);
  const pair = attribute + groups(topic) + topic;
  const message = 1 + groups(payload) + payload + Number(batch.keyed) * (1 + groups(pair) + pair);
  const name = utf8(pubsubTopic(batch));
  const request = (count: number) =>
    6 + groups(name) + name + count * (1 + groups(message) + message);

  return {
    mqtt: figures("mqtt", (count) => count * (1 + groups(remaining) + remaining)),
    rabbitmq: figures("rabbitmq", (count) => count * amqp),
    kafka: figures(
      "kafka",
      (count) =>
        kafka + records(count, 1) + records(count, 2) + records(count, 3) + records(count, 4),
    ),
    pubsub: figures(
      "pubsub",
      (count) => costs.pubsub.headers + request(count) + 9 * Math.ceil(request(count) / http2Frame),
    ),
  };
}

/** What each setting promises, for each of the two hops. */
const settings: { readonly [Hop in "publish" | "receive"]: Readonly<Record<string, Guarantee>> } = {
  publish: {
    "mqtt 0": "at most once",
    "mqtt 1": "at least once",
    "mqtt 2": "exactly once",
    "rabbitmq false": "at most once",
    "rabbitmq true": "at least once",
    "kafka 0 false": "at most once",
    "kafka all false": "at least once",
    "kafka all true": "exactly once",
    pubsub: "at least once",
  },
  receive: {
    "mqtt 0": "at most once",
    "mqtt 1": "at least once",
    "mqtt 2": "exactly once",
    "rabbitmq automatic": "at most once",
    "rabbitmq manual": "at least once",
    "kafka before": "at most once",
    "kafka after": "at least once",
    "kafka transaction": "exactly once",
    "pubsub false pull": "at least once",
    "pubsub false push": "at least once",
    "pubsub true pull": "exactly once",
    "pubsub true push": "at least once",
  },
};

const keysOf = (leg: Leg): readonly [string, string] => {
  if (leg.system === "mqtt")
    return [`mqtt ${leg.publishQos}`, `mqtt ${Math.min(leg.publishQos, leg.subscribeQos)}`];
  if (leg.system === "rabbitmq") return [`rabbitmq ${leg.confirms}`, `rabbitmq ${leg.acks}`];
  if (leg.system === "kafka") return [`kafka ${leg.acks} ${leg.idempotent}`, `kafka ${leg.commit}`];
  return ["pubsub", `pubsub ${leg.exactlyOnce} ${leg.subscription}`];
};

/** By two bits: 1 for what may get lost, 2 for what may come twice. */
const byMishaps = ["exactly once", "at most once", "at least once", "none"] as const;

export function analyzeDeliveryGuarantees(
  path: readonly Leg[],
  idempotentReceiver: boolean,
): Delivery {
  const hops = path.flatMap((leg) => {
    const [publish, receive] = keysOf(leg);
    return [settings.publish[publish] ?? "none", settings.receive[receive] ?? "none"];
  });
  const bridge = path.length > 1 ? 2 : 0;
  const mishaps = hops.reduce((bits, hop) => bits | byMishaps.indexOf(hop), bridge);
  return { hops, endToEnd: byMishaps[idempotentReceiver ? mishaps & 1 : mishaps] ?? "none" };
}

/** Each pattern's row: copies, busy workers, order, and what one more gets. */
const rows: Readonly<Record<Pattern, (teams: Teams) => [number, number, boolean, Newcomer]>> = {
  "mqtt subscription": ({ teams, workers }) => [
    teams * workers,
    workers,
    true,
    "a copy of every message",
  ],
  // One worker alone has nobody to take turns with.
  "mqtt shared subscription": ({ teams, workers }) => [
    teams,
    workers,
    workers === 1,
    "a share of the work",
  ],
  "rabbitmq competing consumers": ({ teams, workers }) => [
    teams,
    workers,
    workers === 1,
    "a share of the work",
  ],
  "rabbitmq single active consumer": ({ teams }) => [teams, 1, true, "nothing"],
  // No more partitions have messages than there are keys.
  "kafka consumer group": ({ teams, workers, partitions, sensors }) => [
    teams,
    Math.min(workers, partitions, sensors),
    true,
    partitions > workers ? "parts of others" : "nothing",
  ],
  "kafka share group": ({ teams, workers }) => [teams, workers, false, "a share of the work"],
  "pubsub subscription": ({ teams, workers }) => [teams, workers, false, "a share of the work"],
  "pubsub ordered subscription": ({ teams, workers, sensors }) => [
    teams,
    Math.min(workers, sensors),
    true,
    sensors > workers ? "parts of others" : "nothing",
  ],
};

export function analyzeScalabilityPatterns(pattern: Pattern, teams: Teams): Scaling {
  const [copies, working, inOrder, newcomer] = rows[pattern](teams);
  return { copies, working, inOrder, newcomer };
}

/** When a need is met. */
const meets: Readonly<
  Record<Need, (wish: Scenario, can: Capability, bytesPerDay: number) => boolean>
> = {
  "on premises": (wish, can) => can.runsOnPremises || !wish.onPremises,
  offline: (wish, can) =>
    wish.offlineHours === 0 || (can.inboxHours >= wish.offlineHours && can.inboxes >= wish.devices),
  order: (wish, can) => can.orderedWorkers || !wish.order,
  replay: (wish, can) => can.replayHours >= wish.replayHours,
  "data plan": (wish, _can, bytesPerDay) => wish.dailyBytes >= bytesPerDay,
  payload: (wish, can) => can.maxPayload >= wish.payloadBytes,
};

export function analyzeUseCaseFit(scenario: Scenario, prices: Prices): Fit {
  const { readingsPerDay, together, connectsPerDay, payloadBytes } = scenario;
  const message = { ...reading, payload: "0".repeat(payloadBytes) };
  const batch = prices.publish({ ...message, count: together });
  const bridged = prices.publish({ ...message, count: 100, keyed: true });
  const needs = Object.keys(meets) as Need[];
  const judged = systems.map((system) => {
    const bytesPerDay =
      (batch[system] * readingsPerDay) / together + prices.connect[system] * connectsPerDay;
    const can = capabilities[system];
    const fails = needs.filter((need) => !meets[need](scenario, can, bytesPerDay));
    return { bytesPerDay, fails, system };
  });

  // A place in the ranking is the number of those that are better.
  type Judged = (typeof judged)[number];
  const better = (a: Judged, b: Judged) =>
    a.fails.length < b.fails.length ||
    (a.fails.length === b.fails.length && a.bytesPerDay < b.bytesPerDay) ||
    (a.fails.length === b.fails.length &&
      a.bytesPerDay === b.bytesPerDay &&
      judged.indexOf(a) < judged.indexOf(b));
  const ranking: Judged[] = [];
  for (const one of judged) ranking[judged.filter((other) => better(other, one)).length] = one;

  const cheapest = (needed: readonly Need[], price: (one: Judged) => number) => {
    const able = judged.filter(({ fails }) => fails.every((need) => !needed.includes(need)));
    const lowest = Math.min(...able.map(price));
    return able.find((one) => price(one) === lowest)?.system;
  };
  const devices = cheapest(deviceNeeds, ({ bytesPerDay }) => bytesPerDay);
  const backend = cheapest(backendNeeds, ({ system }) => bridged[system]);
  const wanted = judged.every(({ fails }) => fails.length > 0);
  const combination = wanted && devices && backend ? { devices, backend } : undefined;
  return { ranking, combination };
}

export function generateComparisonReport(
  measurements: readonly Measurement[],
  analyses: Analyses,
): Report {
  const costs = connectionCosts(measurements);
  const published = (batch: Batch) => {
    const { mqtt, rabbitmq, kafka, pubsub } = analyses.analyzeOverhead(batch, costs);
    return {
      mqtt: mqtt.publish,
      rabbitmq: rabbitmq.publish,
      kafka: kafka.publish,
      pubsub: pubsub.publish,
    };
  };
  const { mqtt, rabbitmq, kafka, pubsub } = costs;
  const prices: Prices = {
    publish: published,
    connect: {
      mqtt: mqtt.connect,
      rabbitmq: rabbitmq.connect,
      kafka: kafka.connect,
      pubsub: pubsub.connect,
    },
  };
  const pairs = systems.flatMap((before) => systems.map((after) => ({ before, after })));
  return drawReport({
    crossings: pairs.flatMap(({ before, after }) => [
      ...crossing(measurements, true, before, after),
      ...crossing(measurements, false, before, after),
    ]),
    fits: scenarios.map((scenario) => analyses.analyzeUseCaseFit(scenario, prices)),
    scaling: patterns.map((one) => analyses.analyzeScalabilityPatterns(one, exampleTeams)),
    delivery: deliveryOptions.flatMap(({ leg, hop }) => {
      const [publish = "none", receive = "none"] = analyses.analyzeDeliveryGuarantees(
        [leg],
        true,
      ).hops;
      return { publish, receive }[hop];
    }),
    overhead: analyses.analyzeOverhead(reading, costs),
    measurements,
  });
}

/** What the second saves, by size: the crossing is behind the last size at which it saves nothing. */
function crossing(
  measurements: readonly Measurement[],
  keyed: boolean,
  before: System,
  after: System,
): Crossing[] {
  const sizes = (system: System) =>
    comparedMeasurement(measurements, system)
      .batches.filter((batch) => batch.keyed === keyed)
      .toSorted((a, b) => a.count - b.count);
  const dearer = sizes(before);
  const saved = sizes(after).map(({ publish }, at) => (dearer[at]?.publish ?? 0) - publish);
  const last = saved.findLastIndex((bytes) => bytes <= 0);
  const crosses = (saved[0] ?? 0) <= 0 && last < saved.length - 1;
  return crosses ? [{ keyed, before, after, count: last + 2 }] : [];
}
