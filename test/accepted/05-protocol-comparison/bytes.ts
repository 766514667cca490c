// Everything is played through: packets written to the byte, messages lost and copied, workers at work.
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
  Findings,
  Fit,
  Overhead,
  Prices,
  Report,
  Scaling,
} from "../../../workbook/protocols/findings.ts";
import {
  type BatchCost,
  type ConnectionCost,
  comparedMeasurement,
  connectionCosts,
  LARGEST,
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
  type Newcomer,
  type Pattern,
  patterns,
  type Teams,
} from "../../../workbook/protocols/scaling.ts";
import { forEachSystem, type System, systems } from "../../../workbook/protocols/systems.ts";

/** Bytes in the order in which they are sent. */
class Writer {
  readonly #chunks: Uint8Array[] = [];

  get length(): number {
    return this.#chunks.reduce((sum, { length }) => sum + length, 0);
  }

  raw(bytes: Uint8Array): this {
    this.#chunks.push(bytes);
    return this;
  }

  /** A number in so many bytes, the highest first. */
  uint(size: 1 | 2 | 4 | 8, value: number): this {
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, BigInt.asUintN(64, BigInt(value)));
    return this.raw(new Uint8Array(view.buffer, 8 - size));
  }

  /** A number in groups of seven bits, the lowest first. */
  varint(value: number): this {
    const bytes: number[] = [];
    let rest = BigInt(value);
    do {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      bytes.push(rest > 0n ? low | 0x80 : low);
    } while (rest > 0n);
    return this.raw(Uint8Array.from(bytes));
  }

  zigzag(value: number): this {
    return this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** Text behind its length in so many bytes. */
  text(size: 1 | 2, text: string): this {
    const bytes = Buffer.from(text);
    return this.uint(size, bytes.length).raw(bytes);
  }

  all(other: Writer): this {
    for (const chunk of other.#chunks) this.raw(chunk);
    return this;
  }
}

type Write = (batch: Batch, payload: Uint8Array, costs: ConnectionCost) => Writer;

const writeMqtt: Write = ({ topic, count }, payload) => {
  const out = new Writer();
  for (let packetId = 1; packetId <= count; packetId++) {
    const rest = new Writer().text(2, topic).uint(2, packetId).varint(0).raw(payload);
    out.uint(1, 0x32).varint(rest.length).all(rest);
  }
  return out;
};

const writeAmqp: Write = (batch, payload) => {
  const out = new Writer();
  const frame = (type: number, content: Writer) =>
    out.uint(1, type).uint(2, 1).uint(4, content.length).all(content).uint(1, 0xce);
  for (let sent = 0; sent < batch.count; sent++) {
    const method = new Writer().uint(2, 60).uint(2, 40).uint(2, 0);
    frame(1, method.text(1, exchange).text(1, routingKey(batch)).uint(1, 0));
    frame(
      2,
      new Writer().uint(2, 60).uint(2, 0).uint(8, payload.length).uint(2, 0x2000).uint(4, 0),
    );
    for (let at = 0; at < payload.length; at += amqpFrame - 8) {
      frame(3, new Writer().raw(payload.subarray(at, at + amqpFrame - 8)));
    }
  }
  return out;
};

const writeKafka: Write = (batch, payload) => {
  const records = new Writer();
  for (let offset = 0; offset < batch.count; offset++) {
    const record = new Writer().uint(1, 0).zigzag(0).zigzag(offset);
    const key = Buffer.from(batch.topic);
    if (batch.keyed) record.zigzag(key.length).raw(key);
    else record.zigzag(-1);
    record.zigzag(payload.length).raw(payload).zigzag(0);
    records.zigzag(record.length).all(record);
  }
  const written = new Writer()
    .uint(8, 0) // base offset
    .uint(4, 49 + records.length)
    .uint(4, 0) // leader epoch
    .uint(1, 2) // format
    .uint(4, 0) // checksum
    .uint(2, 0) // attributes
    .uint(4, batch.count - 1)
    .uint(8, 0) // first and last time
    .uint(8, 0)
    .uint(8, -1) // producer, its epoch, first sequence number
    .uint(2, -1)
    .uint(4, -1)
    .uint(4, batch.count)
    .all(records);
  const request = new Writer()
    .uint(2, 0) // Produce
    .uint(2, 7)
    .uint(4, 1)
    .text(2, clientId)
    .uint(2, -1) // no transaction
    .uint(2, -1) // all acks
    .uint(4, 30_000)
    .uint(4, 1)
    .text(2, kafkaTopic(batch))
    .uint(4, 1)
    .uint(4, 0)
    .uint(4, written.length)
    .all(written);
  return new Writer().uint(4, request.length).all(request);
};

const writePubsub: Write = (batch, payload, { headers }) => {
  const field = (out: Writer, number: number, content: Writer) =>
    out
      .varint(number * 8 + 2)
      .varint(content.length)
      .all(content);
  const text = (value: string) => new Writer().raw(Buffer.from(value));
  const message = field(new Writer(), 1, new Writer().raw(payload));
  if (batch.keyed) {
    const attribute = field(new Writer(), 1, text(sensorAttribute));
    field(message, 2, field(attribute, 2, text(batch.topic)));
  }
  const request = field(new Writer(), 1, text(pubsubTopic(batch)));
  for (let sent = 0; sent < batch.count; sent++) field(request, 2, message);
  const out = new Writer().raw(new Uint8Array(headers));
  for (let left = 5 + request.length; left > 0; left -= http2Frame) {
    out.raw(new Uint8Array(9)); // before each DATA frame
  }
  return out.uint(1, 0).uint(4, request.length).all(request);
};

const writers: Record<System, Write> = {
  mqtt: writeMqtt,
  rabbitmq: writeAmqp,
  kafka: writeKafka,
  pubsub: writePubsub,
};

class WrittenOverhead implements Overhead {
  readonly publish: number;
  readonly beyond: number;
  readonly wakeUp: number;
  readonly roundTrips: number;

  constructor(write: Write, batch: Batch, costs: ConnectionCost) {
    const payload = Buffer.from(batch.payload);
    this.publish = write(batch, payload, costs).length;
    this.beyond = this.publish / batch.count - payload.length - Buffer.from(batch.topic).length;
    const alone = write({ ...batch, count: 1 }, payload, costs);
    this.wakeUp = alone.length + costs.acknowledge + costs.connect;
    this.roundTrips = costs.roundTrips + 1;
  }
}

export function analyzeOverhead(
  batch: Batch,
  costs: Readonly<Record<System, ConnectionCost>>,
): Record<System, Overhead> {
  return forEachSystem((one) => new WrittenOverhead(writers[one], batch, costs[one]));
}

/** Every number of copies that may come out of a hop, for one that goes in. */
const outcomes: Readonly<Record<Exclude<Guarantee, "none">, readonly number[]>> = {
  "at most once": [0, 1],
  "at least once": [1, 2],
  "exactly once": [1],
};
type Promised = keyof typeof outcomes;

export function analyzeDeliveryGuarantees(
  path: readonly Leg[],
  idempotentReceiver: boolean,
): Delivery {
  const hops: Promised[] = [];
  let copies = new Set([1]);
  const pass = (possible: readonly number[]) => {
    copies = new Set([...copies].flatMap((some) => possible.map((each) => some * each)));
  };
  for (const [index, leg] of path.entries()) {
    // A bridge may hand on twice what it has got once.
    if (index > 0) pass(outcomes["at least once"]);
    const both = [publishing(leg), receiving(leg)];
    for (const hop of both) pass(outcomes[hop]);
    hops.push(...both);
  }
  const handled = [...copies].map((some) => (idempotentReceiver ? Math.min(some, 1) : some));
  const fewest = Math.min(...handled);
  const most = Math.max(...handled);
  let endToEnd: Guarantee = "exactly once";
  if (fewest === 0 && most > 1) endToEnd = "none";
  else if (fewest === 0) endToEnd = "at most once";
  else if (most > 1) endToEnd = "at least once";
  return { endToEnd, hops };
}

function publishing(leg: Leg): Promised {
  switch (leg.system) {
    case "mqtt":
      return quality(leg.publishQos);
    case "rabbitmq":
      return leg.confirms ? "at least once" : "at most once";
    case "kafka":
      if (leg.acks === 0) return "at most once";
      return leg.idempotent ? "exactly once" : "at least once";
    case "pubsub":
      return "at least once";
  }
}

function receiving(leg: Leg): Promised {
  switch (leg.system) {
    case "mqtt":
      return quality(leg.subscribeQos < leg.publishQos ? leg.subscribeQos : leg.publishQos);
    case "rabbitmq":
      return leg.acks === "manual" ? "at least once" : "at most once";
    case "kafka":
      if (leg.commit === "transaction") return "exactly once";
      return leg.commit === "after" ? "at least once" : "at most once";
    case "pubsub":
      if (leg.subscription === "push") return "at least once";
      return leg.exactlyOnce ? "exactly once" : "at least once";
  }
}

function quality(qos: 0 | 1 | 2): Promised {
  if (qos === 2) return "exactly once";
  return qos === 1 ? "at least once" : "at most once";
}

/** Which of a team's workers get a sensor's message: those of its turn, or of the part it is in. */
type Deal = (workers: number, sensor: number, turn: number) => number[];

function dealOf(pattern: Pattern, { partitions, sensors }: Teams): Deal {
  const byPart = (parts: number) => (workers: number, sensor: number) => [
    (sensor % parts) % workers,
  ];
  switch (pattern) {
    case "mqtt subscription":
      return (workers) => Array.from({ length: workers }, (_, worker) => worker);
    case "rabbitmq single active consumer":
      return byPart(1);
    case "kafka consumer group":
      return byPart(partitions);
    case "pubsub ordered subscription":
      return byPart(sensors);
    default:
      return (workers, _sensor, turn) => [turn % workers];
  }
}

/** What happens in a team of so many workers while every sensor sends a message for each of them. */
function play(deal: Deal, workers: number, sensors: number) {
  const busy = new Set<number>();
  let copies = 0;
  let inOrder = true;
  for (let sensor = 0; sensor < sensors; sensor++) {
    const first = deal(workers, sensor, 0);
    for (let turn = 0; turn < workers; turn++) {
      const receivers = deal(workers, sensor, turn);
      copies = receivers.length;
      for (const receiver of receivers) busy.add(receiver);
      // Who gets one message of a sensor has to get them all.
      inOrder &&= receivers.every((receiver) => first.includes(receiver));
    }
  }
  return { busy, copies, inOrder };
}

export function analyzeScalabilityPatterns(pattern: Pattern, teams: Teams): Scaling {
  const deal = dealOf(pattern, teams);
  const now = play(deal, teams.workers, teams.sensors);
  const then = play(deal, teams.workers + 1, teams.sensors);
  let newcomer: Newcomer = "a share of the work";
  if (then.copies > now.copies) newcomer = "a copy of every message";
  else if (!then.busy.has(teams.workers)) newcomer = "nothing";
  else if (then.inOrder) newcomer = "parts of others";
  return {
    copies: teams.teams * now.copies,
    working: now.busy.size,
    // With the newcomer: alone, a worker keeps any order.
    inOrder: then.inOrder,
    newcomer,
  };
}

type Place = Fit["ranking"][number];

class Candidate implements Place {
  readonly fails: Need[] = [];

  constructor(
    readonly system: System,
    readonly bytesPerDay: number,
    scenario: Scenario,
  ) {
    const can = capabilities[system];
    if (can.maxPayload < scenario.payloadBytes) this.fails.push("payload");
    if (scenario.offlineHours > 0) {
      if (can.inboxes < scenario.devices || can.inboxHours < scenario.offlineHours) {
        this.fails.push("offline");
      }
    }
    if (can.replayHours < scenario.replayHours) this.fails.push("replay");
    if (scenario.onPremises && !can.runsOnPremises) this.fails.push("on premises");
    if (scenario.order && !can.orderedWorkers) this.fails.push("order");
    if (bytesPerDay > scenario.dailyBytes) this.fails.push("data plan");
  }

  beats(other: Candidate): boolean {
    if (this.fails.length !== other.fails.length) return this.fails.length < other.fails.length;
    return this.bytesPerDay < other.bytesPerDay;
  }

  meetsAll(needs: readonly Need[]): boolean {
    return new Set([...this.fails, ...needs]).size === this.fails.length + needs.length;
  }
}

export function analyzeUseCaseFit(scenario: Scenario, prices: Prices): Fit {
  const payload = Buffer.alloc(scenario.payloadBytes, "a").toString();
  const candidates = new Set<Candidate>();
  for (const system of systems) {
    let bytes = 0;
    for (let time = 0; time < scenario.connectsPerDay; time++) bytes += prices.connect[system];
    const price = prices.publish({ ...reading, payload, count: scenario.together })[system];
    bytes += price * (scenario.readingsPerDay / scenario.together);
    candidates.add(new Candidate(system, bytes, scenario));
  }

  // The best one leaves, then the best of those that stay.
  const left = new Set(candidates);
  const ranking: Candidate[] = [];
  while (left.size > 0) {
    const best = [...left].reduce((one, other) => (other.beats(one) ? other : one));
    left.delete(best);
    ranking.push(best);
  }

  const fit: { ranking: Candidate[]; combination?: { devices: System; backend: System } } = {
    ranking,
  };
  if (ranking.some(({ fails }) => fails.length === 0)) return fit;
  const [devices] = ranking
    .filter((one) => one.meetsAll(deviceNeeds))
    .sort((one, other) => one.bytesPerDay - other.bytesPerDay);
  let backend: System | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  for (const one of candidates) {
    if (!one.meetsAll(backendNeeds)) continue;
    const price = prices.publish({ ...reading, payload, count: 100, keyed: true })[one.system];
    if (price < lowest) {
      lowest = price;
      backend = one.system;
    }
  }
  if (devices && backend) fit.combination = { devices: devices.system, backend };
  return fit;
}

class MeasuredPrices implements Prices {
  readonly #analyze: Analyses["analyzeOverhead"];
  readonly #costs: Record<System, ConnectionCost>;

  constructor(analyze: Analyses["analyzeOverhead"], costs: Record<System, ConnectionCost>) {
    this.#analyze = analyze;
    this.#costs = costs;
  }

  get connect(): Record<System, number> {
    return forEachSystem((system) => this.#costs[system].connect);
  }

  publish(batch: Batch): Record<System, number> {
    const overhead = this.#analyze(batch, this.#costs);
    return forEachSystem((system) => overhead[system].publish);
  }
}

export function generateComparisonReport(
  measurements: readonly Measurement[],
  analyses: Analyses,
): Report {
  const costs = connectionCosts(measurements);
  const prices = new MeasuredPrices(analyses.analyzeOverhead, costs);
  const delivery: Guarantee[] = [];
  for (const { leg, hop } of deliveryOptions) {
    const { hops } = analyses.analyzeDeliveryGuarantees([leg], false);
    const promised = hop === "publish" ? hops.at(0) : hops.at(-1);
    if (promised !== undefined) delivery.push(promised);
  }
  const scaling: Scaling[] = [];
  for (const pattern of patterns) {
    scaling.push(analyses.analyzeScalabilityPatterns(pattern, { ...exampleTeams }));
  }
  const fits: Fit[] = [];
  for (const scenario of scenarios) fits.push(analyses.analyzeUseCaseFit(scenario, prices));
  const findings: Findings = {
    measurements: [...measurements],
    overhead: analyses.analyzeOverhead({ ...reading }, costs),
    crossings: [...crossingsIn(measurements)],
    delivery,
    scaling,
    fits,
  };
  return drawReport(findings);
}

function* crossingsIn(measurements: readonly Measurement[]): Generator<Crossing> {
  for (const after of systems) {
    for (const before of systems) {
      if (before === after) continue;
      for (const keyed of [true, false]) {
        const count = crossingOf(
          comparedMeasurement(measurements, before).batches.filter((one) => one.keyed === keyed),
          comparedMeasurement(measurements, after).batches.filter((one) => one.keyed === keyed),
        );
        if (count !== undefined) yield { before, after, keyed, count };
      }
    }
  }
}

/** From the smallest batch up: a bargain counts from where it begins, until it is none any more. */
function crossingOf(before: readonly BatchCost[], after: readonly BatchCost[]): number | undefined {
  const price = (list: readonly BatchCost[], count: number) =>
    list.find((one) => one.count === count)?.publish ?? Number.NaN;
  let since: number | undefined;
  for (let count = 1; count <= LARGEST; count++) {
    if (price(after, count) < price(before, count)) since ??= count;
    else since = undefined;
  }
  return price(after, 1) < price(before, 1) ? undefined : since;
}
