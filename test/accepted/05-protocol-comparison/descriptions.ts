// Packets described as data and added up by recursion; laws folded together; results that say more.
import * as names from "../../../workbook/protocols/batch.ts";
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
  capabilities,
  deviceNeeds,
  type Need,
  type Scenario,
  scenarios,
} from "../../../workbook/protocols/needs.ts";
import { drawReport } from "../../../workbook/protocols/report/draw.ts";
import {
  exampleTeams,
  type Pattern,
  patterns,
  type Teams,
} from "../../../workbook/protocols/scaling.ts";
import { forEachSystem, type System, systems } from "../../../workbook/protocols/systems.ts";

/** So many bytes; text; or a list of parts. */
type Part = number | string | readonly Part[];

const sizeOf = (part: Part): number => {
  if (typeof part === "number") return part;
  if (typeof part === "string") return Buffer.from(part, "utf8").length;
  return part.reduce<number>((sum, one) => sum + sizeOf(one), 0);
};

const times = (count: number, part: Part): Part => count * sizeOf(part);

/** How many digits a number has when it is written in base 128. */
const digits = (value: number): number => Math.ceil(value.toString(2).length / 7);

/** A part behind its length, which is written in base 128, or in base 128 and doubled. */
const measured = (...part: Part[]): Part => [digits(sizeOf(part)), part];
const doubled = (...part: Part[]): Part => [digits(2 * sizeOf(part)), part];

/** A part cut into pieces of at most so many bytes, with so many bytes around each. */
const cut = (piece: number, around: number, part: Part): Part => [
  part,
  times(Math.ceil(sizeOf(part) / piece), around),
];

const descriptions: Record<System, (batch: names.Batch, costs: ConnectionCost) => Part> = {
  mqtt: ({ topic, payload, count }) => times(count, [1, measured(2, topic, 2, 1, payload)]),
  rabbitmq: (batch) => {
    const method = [4, 2, 1, names.exchange, 1, names.routingKey(batch), 1];
    const header = [2, 2, 8, 2, 4];
    const body = cut(names.amqpFrame - 8, 8, batch.payload);
    return times(batch.count, [8, method, 8, header, body]);
  },
  kafka: (batch) => {
    const key = batch.keyed ? doubled(batch.topic) : 1;
    const around = sizeOf([1, 1, key, doubled(batch.payload), 1]);
    const records = Array.from({ length: batch.count }, (_, place) =>
      doubled(around, digits(2 * place)),
    );
    const topic = [4, 2, names.kafkaTopic(batch), 4, 4, 4];
    return [4, 4, 4, 2, names.clientId, 2, 2, 4, topic, 61, records];
  },
  pubsub: (batch, { headers }) => {
    const field = (...content: Part[]): Part => [1, measured(...content)];
    const attribute = field(field(names.sensorAttribute), field(batch.topic));
    const message = field(field(batch.payload), batch.keyed ? attribute : []);
    const request = [field(names.pubsubTopic(batch)), times(batch.count, message)];
    return [headers, cut(names.http2Frame, 9, [5, request])];
  },
};

export function analyzeOverhead(
  batch: names.Batch,
  costs: Readonly<Record<System, ConnectionCost>>,
): Record<System, Overhead> {
  return forEachSystem((system) => {
    const describe = (count: number) => descriptions[system]({ ...batch, count }, costs[system]);
    const publish = sizeOf(describe(batch.count));
    return {
      publish,
      beyond: publish / batch.count - sizeOf([batch.topic, batch.payload]),
      wakeUp: sizeOf([costs[system].connect, describe(1), costs[system].acknowledge]),
      roundTrips: 1 + costs[system].roundTrips,
    };
  });
}

/** What may happen to a message. */
interface Mishaps {
  readonly lost: boolean;
  readonly repeated: boolean;
}

const either = (one: Mishaps, other: Mishaps): Mishaps => ({
  lost: one.lost || other.lost,
  repeated: one.repeated || other.repeated,
});

const called = ({ lost, repeated }: Mishaps): Guarantee =>
  lost && repeated ? "none" : lost ? "at most once" : repeated ? "at least once" : "exactly once";

/** Each hop is lost where nobody asks whether it arrived, repeated where nobody knows it again. */
const mishapsOf = (leg: Leg): readonly [Mishaps, Mishaps] => {
  const hop = (isAskedFor: boolean, isKnownAgain: boolean): Mishaps => ({
    lost: !isAskedFor,
    repeated: isAskedFor && !isKnownAgain,
  });
  if (leg.system === "mqtt") {
    const { publishQos, subscribeQos } = leg;
    return [
      hop(publishQos > 0, publishQos > 1),
      hop(publishQos > 0 && subscribeQos > 0, publishQos > 1 && subscribeQos > 1),
    ];
  }
  if (leg.system === "rabbitmq") {
    return [hop(leg.confirms, false), hop(leg.acks !== "automatic", false)];
  }
  if (leg.system === "kafka") {
    return [
      hop(leg.acks === "all", leg.idempotent),
      hop(leg.commit !== "before", leg.commit === "transaction"),
    ];
  }
  return [hop(true, false), hop(true, leg.exactlyOnce && leg.subscription === "pull")];
};

export function analyzeDeliveryGuarantees(
  [leg, ...rest]: readonly Leg[],
  idempotentReceiver: boolean,
): Delivery & { mishaps: Mishaps } {
  if (leg === undefined) {
    const mishaps = { lost: false, repeated: false };
    return { hops: [], endToEnd: called(mishaps), mishaps };
  }
  const behind = analyzeDeliveryGuarantees(rest, idempotentReceiver);
  const hops = mishapsOf(leg);
  const bridge = { lost: false, repeated: rest.length > 0 };
  const all = [...hops, bridge].reduce(either, behind.mishaps);
  const mishaps = { ...all, repeated: all.repeated && !idempotentReceiver };
  return { hops: [...hops.map(called), ...behind.hops], endToEnd: called(mishaps), mishaps };
}

export function analyzeScalabilityPatterns(pattern: Pattern, teams: Teams): Scaling {
  const everyone = pattern === "mqtt subscription";
  const parts =
    new Map<Pattern, number>([
      ["rabbitmq single active consumer", 1],
      ["kafka consumer group", teams.partitions],
      ["pubsub ordered subscription", teams.sensors],
    ]).get(pattern) ?? Number.POSITIVE_INFINITY;
  const divided = Number.isFinite(parts);
  const share = divided ? "parts of others" : "a share of the work";
  return {
    newcomer: everyone ? "a copy of every message" : parts <= teams.workers ? "nothing" : share,
    inOrder: everyone || divided,
    working: teams.workers > parts ? parts : teams.workers,
    copies: everyone ? teams.workers * teams.teams : teams.teams,
  };
}

export function analyzeUseCaseFit(scenario: Scenario, prices: Prices): Fit {
  const batchOf = (count: number, keyed: boolean) =>
    prices.publish({
      topic: names.reading.topic,
      payload: "".padEnd(scenario.payloadBytes, "0123456789"),
      count,
      keyed,
    });
  const [own, bridged] = [batchOf(scenario.together, false), batchOf(100, true)];
  const batches = scenario.readingsPerDay / scenario.together;

  const judged = systems.map((system) => {
    const can = capabilities[system];
    const bytesPerDay = batches * own[system] + scenario.connectsPerDay * prices.connect[system];
    const fails = [
      scenario.replayHours > can.replayHours ? (["replay"] as const) : [],
      scenario.order && !can.orderedWorkers ? (["order"] as const) : [],
      scenario.onPremises && !can.runsOnPremises ? (["on premises"] as const) : [],
      bytesPerDay > scenario.dailyBytes ? (["data plan"] as const) : [],
      scenario.payloadBytes > can.maxPayload ? (["payload"] as const) : [],
      scenario.offlineHours > Math.min(can.inboxHours, scenario.offlineHours) ||
      (scenario.offlineHours > 0 && scenario.devices > can.inboxes)
        ? (["offline"] as const)
        : [],
    ].flat();
    return { system, bytesPerDay, fails, bridgedBytes: bridged[system] };
  });
  type Judged = (typeof judged)[number];

  // By the second figure first: a stable sort by the first one keeps that order among equals.
  const ranking = judged
    .toSorted((a, b) => a.bytesPerDay - b.bytesPerDay)
    .toSorted((a, b) => a.fails.length - b.fails.length);

  const least = (needs: readonly Need[], bytes: (one: Judged) => number) =>
    judged
      .filter(({ fails }) => !needs.some((need) => fails.some((failed) => failed === need)))
      .reduce<Judged | undefined>(
        (best, one) => (best && bytes(best) <= bytes(one) ? best : one),
        undefined,
      );
  const devices = least(deviceNeeds, ({ bytesPerDay }) => bytesPerDay);
  const backend = least(backendNeeds, ({ bridgedBytes }) => bridgedBytes);
  // One that fails nothing is among those of both sides; then no second one is needed.
  const together =
    devices && backend && judged.every(({ fails }) => fails.length > 0)
      ? {
          combination: {
            devices: devices.system,
            backend: backend.system,
            bytesPerBatch: backend.bridgedBytes,
          },
        }
      : {};
  return { ranking, ...together };
}

export function generateComparisonReport(
  measurements: readonly Measurement[],
  analyses: Analyses,
): Report {
  const costs = connectionCosts(measurements);
  const priceOf = (system: System, batch: names.Batch) =>
    analyses.analyzeOverhead(batch, costs)[system].publish;
  const prices = {
    connect: forEachSystem((system) => costs[system].connect),
    publish: (batch: names.Batch) => forEachSystem((system) => priceOf(system, batch)),
  };
  return drawReport({
    measurements,
    overhead: forEachSystem((system) => ({
      system,
      ...analyses.analyzeOverhead(names.reading, costs)[system],
    })),
    crossings: findCrossings(measurements),
    delivery: deliveryOptions.map(({ leg, hop }) => {
      const [publish, receive] = analyses.analyzeDeliveryGuarantees([leg], false).hops;
      return (hop === "receive" ? receive : publish) ?? "none";
    }),
    scaling: patterns.map((pattern) => ({
      pattern,
      ...analyses.analyzeScalabilityPatterns(pattern, exampleTeams),
    })),
    fits: scenarios.map((scenario) => ({
      scenario: scenario.name,
      ...analyses.analyzeUseCaseFit(scenario, prices),
    })),
  });
}

/** Down from the largest batch, one size at a time, for as long as it stays cheaper. */
function findCrossings(measurements: readonly Measurement[]): Crossing[] {
  const table = new Map(
    systems.flatMap((system) =>
      comparedMeasurement(measurements, system).batches.map(
        ({ keyed, count, publish }) => [`${system} ${keyed} ${count}`, publish] as const,
      ),
    ),
  );
  const largest = Math.max(...measurements.flatMap(({ batches }) => batches.map((b) => b.count)));
  const saves = (pair: Omit<Crossing, "count">, count: number) => {
    const bytes = (system: System) => table.get(`${system} ${pair.keyed} ${count}`) ?? 0;
    return bytes(pair.after) < bytes(pair.before);
  };
  const first = (pair: Omit<Crossing, "count">, count: number): number =>
    saves(pair, count) ? first(pair, count - 1) : count + 1;

  return systems
    .flatMap((after) => systems.map((before) => ({ before, after })))
    .flatMap((pair) => [true, false].map((keyed) => ({ ...pair, keyed })))
    .filter((pair) => !saves(pair, 1) && saves(pair, largest))
    .map((pair) => {
      const count = first(pair, largest);
      return { ...pair, count, saves: table.get(`${pair.after} ${pair.keyed} ${count}`) };
    });
}
