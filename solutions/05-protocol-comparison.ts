/**
 * Module 5: MQTT beside Kafka, RabbitMQ and Google Cloud Pub/Sub.
 *
 * Comparisons quote numbers. Here they are measured: the real client libraries publish the same reading,
 * a recorder counts every byte, and you work out why it is that many. Then you judge what the systems
 * promise, how they share work, and which one a project needs.
 *
 * The lesson is beside this file: exercises/05-protocol-comparison.md
 */
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
} from "../workbook/protocols/batch.ts";
import { deliveryOptions, type Guarantee, type Leg } from "../workbook/protocols/delivery.ts";
import type {
  Analyses,
  Crossing,
  Delivery,
  Fit,
  Overhead,
  Prices,
  Report,
  Scaling,
} from "../workbook/protocols/findings.ts";
import {
  type ConnectionCost,
  comparedMeasurement,
  connectionCosts,
  LARGEST,
  type Measurement,
  measureAll,
} from "../workbook/protocols/measure.ts";
import {
  backendNeeds,
  capabilities,
  deviceNeeds,
  type Need,
  type Scenario,
  scenarios,
} from "../workbook/protocols/needs.ts";
import { drawReport } from "../workbook/protocols/report/draw.ts";
import { exampleTeams, type Pattern, patterns, type Teams } from "../workbook/protocols/scaling.ts";
import { forEachSystem, type System, systems } from "../workbook/protocols/systems.ts";
import { runScript } from "../workbook/script.ts";

/**
 * How many bytes does each system take to carry this batch? The lesson shows how their messages are
 * built. Text counts in bytes, not in characters; no payload is empty.
 *
 * - MQTT 5, QoS 1, no properties, no alias: one PUBLISH for each reading, its length in as few bytes as
 *   will do [MQTT-1.5.5-1]
 * - RabbitMQ: for each reading a method frame (`exchange`, `routingKey(batch)`), a header frame with an
 *   empty table of headers, and the body in frames of at most `amqpFrame` bytes
 * - Kafka: one Produce request of `clientId`, to one partition of `kafkaTopic(batch)`, with one record
 *   batch. A keyed record's key is the batch's topic
 * - Pub/Sub: one PublishRequest to `pubsubTopic(batch)`, behind a HEADERS frame (`costs.pubsub.headers`)
 *   and in DATA frames of at most `http2Frame` bytes. A keyed message has one attribute, whose name is
 *   `sensorAttribute` and whose value is the batch's topic
 *
 * @param costs what was measured of the connections
 */
export function analyzeOverhead(
  batch: Batch,
  costs: Readonly<Record<System, ConnectionCost>>,
): Record<System, Overhead> {
  // #region answer
  const known = Buffer.byteLength(batch.topic) + Buffer.byteLength(batch.payload);
  const sizes = (one: Batch) => ({
    mqtt: mqttSize(one),
    rabbitmq: amqpSize(one),
    kafka: kafkaSize(one),
    pubsub: costs.pubsub.headers + pubsubSize(one),
  });
  const whole = sizes(batch);
  const single = sizes({ ...batch, count: 1 });
  return forEachSystem((system) => {
    const { connect, acknowledge, roundTrips } = costs[system];
    return {
      publish: whole[system],
      beyond: whole[system] / batch.count - known,
      wakeUp: connect + single[system] + acknowledge,
      roundTrips: roundTrips + 1,
    };
  });
  // #endregion
}

// #region helper
/** How many bytes a number takes in groups of seven bits. */
function varint(number: number): number {
  return number < 128 ? 1 : 1 + varint(Math.floor(number / 128));
}

/** The same where negative numbers must have room too, so that every number is doubled. */
function zigzag(number: number): number {
  return varint(2 * number);
}

function mqttSize({ topic, payload, count }: Batch): number {
  const packetId = 2;
  const noProperties = 1;
  const remaining =
    2 + Buffer.byteLength(topic) + packetId + noProperties + Buffer.byteLength(payload);
  return count * (1 + varint(remaining) + remaining);
}

function amqpSize(batch: Batch): number {
  const envelope = 8;
  const key = Buffer.byteLength(routingKey(batch));
  const payload = Buffer.byteLength(batch.payload);
  const method = envelope + 4 + 2 + 1 + exchange.length + 1 + key + 1;
  const header = envelope + 14 + 4;
  const body = Math.ceil(payload / (amqpFrame - envelope)) * envelope + payload;
  return batch.count * (method + header + body);
}

function kafkaSize(batch: Batch): number {
  const request = 4 + 8 + 2 + clientId.length + 2 + 2 + 4;
  const topic = 4 + 2 + kafkaTopic(batch).length + 4 + 4 + 4;
  const id = Buffer.byteLength(batch.topic);
  const key = batch.keyed ? zigzag(id) + id : 1;
  const value = Buffer.byteLength(batch.payload);
  let records = 0;
  for (let offset = 0; offset < batch.count; offset++) {
    const record = 1 + 1 + zigzag(offset) + key + zigzag(value) + value + 1;
    records += zigzag(record) + record;
  }
  return request + topic + 61 + records;
}

function pubsubSize(batch: Batch): number {
  const field = (length: number) => 1 + varint(length) + length;
  const id = field(sensorAttribute.length) + field(Buffer.byteLength(batch.topic));
  const message = field(Buffer.byteLength(batch.payload)) + (batch.keyed ? field(id) : 0);
  const request = field(pubsubTopic(batch).length) + batch.count * field(message);
  const body = 5 + request;
  return Math.ceil(body / http2Frame) * 9 + body;
}
// #endregion

/**
 * What may a message expect on this path? Each leg is a system between a publisher and a receiver; the
 * receiver of one leg is the publisher of the next. Such a bridge hands a message on first and
 * acknowledges it then, so if it dies in between, the message comes again.
 *
 * A guarantee is made of two questions: may the message get lost, may it come twice? Both may happen:
 * that is `none`. An idempotent receiver at the end takes what comes twice for one, as in module 2.
 */
export function analyzeDeliveryGuarantees(
  path: readonly Leg[],
  idempotentReceiver: boolean,
): Delivery {
  // #region answer
  const hops = path.flatMap(guaranteesOf);
  const lost = hops.some((hop) => hop === "at most once");
  const repeated = hops.some((hop) => hop === "at least once") || path.length > 1;
  return { hops, endToEnd: guarantee(lost, repeated && !idempotentReceiver) };
  // #endregion
}

// #region helper
function guarantee(lost: boolean, repeated: boolean): Guarantee {
  if (lost) return repeated ? "none" : "at most once";
  return repeated ? "at least once" : "exactly once";
}

function guaranteesOf(leg: Leg): Guarantee[] {
  const levels = ["at most once", "at least once", "exactly once"] as const;
  switch (leg.system) {
    case "mqtt":
      return [
        levels[leg.publishQos],
        levels[Math.min(leg.publishQos, leg.subscribeQos) as 0 | 1 | 2],
      ];
    case "rabbitmq":
      return [
        leg.confirms ? "at least once" : "at most once",
        leg.acks === "manual" ? "at least once" : "at most once",
      ];
    case "kafka":
      return [
        leg.acks === 0 ? "at most once" : leg.idempotent ? "exactly once" : "at least once",
        ({ before: "at most once", after: "at least once", transaction: "exactly once" } as const)[
          leg.commit
        ],
      ];
    case "pubsub":
      return [
        "at least once",
        leg.exactlyOnce && leg.subscription === "pull" ? "exactly once" : "at least once",
      ];
  }
}
// #endregion

/**
 * What becomes of the messages when teams of workers receive in this way? The lesson has the rules.
 *
 * A sensor's id is the key of its messages, where there are keys: for Kafka's partitions, and as Pub/Sub's
 * ordering key. `partitions` counts for Kafka alone. The newcomer is one worker more in one of the teams.
 */
export function analyzeScalabilityPatterns(pattern: Pattern, teams: Teams): Scaling {
  // #region answer
  const { workers } = teams;
  const shared = {
    copies: teams.teams,
    working: workers,
    inOrder: false,
    newcomer: "a share of the work",
  } as const;
  const divided = (parts: number): Scaling => ({
    copies: teams.teams,
    working: Math.min(workers, parts),
    inOrder: true,
    newcomer: workers < parts ? "parts of others" : "nothing",
  });
  switch (pattern) {
    case "mqtt subscription":
      return {
        copies: teams.teams * workers,
        working: workers,
        inOrder: true,
        newcomer: "a copy of every message",
      };
    case "rabbitmq single active consumer":
      return divided(1);
    case "kafka consumer group":
      return divided(teams.partitions);
    case "pubsub ordered subscription":
      return divided(teams.sensors);
    default:
      return shared;
  }
  // #endregion
}

/**
 * Which system suits this scenario? `capabilities` says what each of them can do.
 *
 * The needs that a system may fail, under these names: its largest `payload` is too small; the bytes of
 * a day are over the `data plan`; it cannot `replay` as far back; workers cannot share the readings in
 * `order`; there are more devices than it has inboxes for `offline` commands, or those wait too long; it
 * does not run `on premises`. The bytes of a day: a device connects so many times, and sends its readings
 * in batches of one sensor, not keyed (`reading.topic`, a payload of so many letters).
 *
 * The ranking: the fewer needs a system fails, the better; among equals, the fewer bytes a day.
 *
 * Where every system fails something, look for a combination: of those that fail none of `deviceNeeds`,
 * the one with the fewest bytes a day; of those that fail none of `backendNeeds`, the one that takes the
 * fewest bytes for a keyed batch of 100 readings, which is how a bridge sends. No combination where
 * either is missing.
 */
export function analyzeUseCaseFit(scenario: Scenario, prices: Prices): Fit {
  // #region answer
  const payload = "x".repeat(scenario.payloadBytes);
  const own = prices.publish({ ...reading, payload, count: scenario.together });
  const bridged = prices.publish({ ...reading, payload, count: 100, keyed: true });
  const ranking = systems
    .map((system) => {
      const bytesPerDay =
        scenario.connectsPerDay * prices.connect[system] +
        (scenario.readingsPerDay / scenario.together) * own[system];
      return { system, fails: failedNeeds(scenario, system, bytesPerDay), bytesPerDay };
    })
    .sort((a, b) => a.fails.length - b.fails.length || a.bytesPerDay - b.bytesPerDay);
  if (ranking[0]?.fails.length === 0) return { ranking };

  const able = (needs: readonly Need[]) =>
    ranking.filter(({ fails }) => !fails.some((need) => needs.includes(need)));
  const [devices] = able(deviceNeeds).sort((a, b) => a.bytesPerDay - b.bytesPerDay);
  const [backend] = able(backendNeeds).sort((a, b) => bridged[a.system] - bridged[b.system]);
  if (devices === undefined || backend === undefined) return { ranking };
  return { ranking, combination: { devices: devices.system, backend: backend.system } };
  // #endregion
}

// #region helper
function failedNeeds(scenario: Scenario, system: System, bytesPerDay: number): Need[] {
  const can = capabilities[system];
  const { offlineHours, devices } = scenario;
  const fails: Record<Need, boolean> = {
    payload: scenario.payloadBytes > can.maxPayload,
    "data plan": bytesPerDay > scenario.dailyBytes,
    replay: scenario.replayHours > can.replayHours,
    order: scenario.order && !can.orderedWorkers,
    offline: offlineHours > 0 && (devices > can.inboxes || offlineHours > can.inboxHours),
    "on premises": scenario.onPremises && !can.runsOnPremises,
  };
  return (Object.keys(fails) as Need[]).filter((need) => fails[need]);
}
// #endregion

/**
 * Put together all that was measured and judged, and have it drawn with `drawReport`.
 *
 * The findings are: the measurements; the `overhead` of `reading`, with `connectionCosts(measurements)`;
 * the guarantee of the hop that each of the `deliveryOptions` is about; the scaling of each of the
 * `patterns` for `exampleTeams`; the fit of each of the `scenarios`, at the prices that `analyzeOverhead`
 * and the measurements say; and the crossings.
 *
 * A crossing: of two systems one is cheaper (or equal) for a single reading, and the other cheaper from
 * some size of batch up to the largest, keyed or not. Find them all in the batches of
 * `comparedMeasurement(measurements, system)`, by the bytes to publish. Call the functions that are handed
 * in, not your own.
 */
export function generateComparisonReport(
  measurements: readonly Measurement[],
  analyses: Analyses,
): Report {
  // #region answer
  const costs = connectionCosts(measurements);
  const overheadOf = (batch: Batch) => analyses.analyzeOverhead(batch, costs);
  const prices: Prices = {
    connect: forEachSystem((system) => costs[system].connect),
    publish: (batch) => {
      const overhead = overheadOf(batch);
      return forEachSystem((system) => overhead[system].publish);
    },
  };
  return drawReport({
    measurements,
    overhead: overheadOf(reading),
    crossings: [false, true].flatMap((keyed) => crossingsIn(measurements, keyed)),
    delivery: deliveryOptions.map(({ leg, hop }) => {
      const { hops } = analyses.analyzeDeliveryGuarantees([leg], false);
      return hops[hop === "publish" ? 0 : 1] ?? "none";
    }),
    scaling: patterns.map((pattern) => analyses.analyzeScalabilityPatterns(pattern, exampleTeams)),
    fits: scenarios.map((scenario) => analyses.analyzeUseCaseFit(scenario, prices)),
  });
  // #endregion
}

// #region helper
function crossingsIn(measurements: readonly Measurement[], keyed: boolean): Crossing[] {
  const bytes = (system: System, count: number) => {
    const { batches } = comparedMeasurement(measurements, system);
    const found = batches.find((batch) => batch.keyed === keyed && batch.count === count);
    if (found === undefined) throw new Error(`no batch of ${count} was measured for ${system}`);
    return found.publish;
  };
  return systems.flatMap((before) =>
    systems.flatMap((after) => {
      const cheaper = (count: number) => bytes(after, count) < bytes(before, count);
      if (before === after || cheaper(1)) return [];
      let count = LARGEST + 1;
      while (cheaper(count - 1)) count--;
      return count > LARGEST ? [] : [{ keyed, before, after, count }];
    }),
  );
}
// #endregion

/** The whole comparison, measured on this machine against the built-in fakes. */
export async function main(): Promise<void> {
  const measurements = await measureAll();
  const report = generateComparisonReport(measurements, {
    analyzeOverhead,
    analyzeDeliveryGuarantees,
    analyzeScalabilityPatterns,
    analyzeUseCaseFit,
  });
  console.log(`\n${report.terminal}`);
  console.log("\nnpm run compare saves this as a page with charts: comparison.html");
}

await runScript(import.meta.url, main);
