import { EnvironmentProblem } from "../environment-problem.ts";
import { amqpProbes } from "./amqp/probe.ts";
import { type Batch, reading } from "./batch.ts";
import { kafkaProbe } from "./kafka/probe.ts";
import { mqttProbes } from "./mqtt/probe.ts";
import {
  type Endpoint,
  type Probe,
  type Purpose,
  type SegmentKind,
  type Session,
  segmentKinds,
  sizeOf,
  type WireMessage,
} from "./probe.ts";
import { pubsubProbe } from "./pubsub/probe.ts";
import { bytesIn, openRecorder, type Recorder } from "./recorder.ts";
import { forEachSystem, type System, systems } from "./systems.ts";

/** Every way of publishing that is measured. */
export const probes: readonly Probe[] = [...mqttProbes, ...amqpProbes, kafkaProbe, pubsubProbe];

/** The way in which each system is compared with the others: all four promise at least once. */
const compared: Record<System, string> = {
  mqtt: "mqtt-5-qos-1",
  rabbitmq: "amqp-topic",
  kafka: "kafka-produce",
  pubsub: "pubsub-grpc",
};

export function comparedProbe(system: System): Probe {
  const probe = probes.find(({ id }) => id === compared[system]);
  if (probe === undefined) throw new Error(`no probe is called ${compared[system]}`);
  return probe;
}

/** The largest batch that is measured, in readings. */
export const LARGEST = 100;

/** What publishing one batch put on the wire, in bytes. */
export interface BatchCost {
  readonly count: number;
  readonly keyed: boolean;
  /** From the client, to publish. */
  readonly publish: number;
  /** From the server, to acknowledge. Servers may acknowledge several messages at once. */
  readonly acknowledge: number;
}

/** What one way of publishing costs. */
export interface Measurement {
  /** The probe's. */
  readonly id: string;
  readonly system: System;
  readonly label: string;
  /** What answered. */
  readonly server: { readonly kind: Endpoint["kind"]; readonly name: string };
  /** What it takes to get ready: bytes both ways, and how often the client has to wait. */
  readonly connect: {
    readonly sent: number;
    readonly received: number;
    readonly roundTrips: number;
  };
  /** The first reading on a connection. */
  readonly first: BatchCost;
  /** A reading when the connection has been used before. */
  readonly single: BatchCost;
  /** Of its bytes, those of compressed headers: how short they are, only the line can tell. */
  readonly compressed: number;
  /** What the bytes of such a reading are for. */
  readonly segments: Readonly<Record<SegmentKind, number>>;
  /** Batches in every size up to `LARGEST`, keyed and not; of the ways that are not compared, one. */
  readonly batches: readonly BatchCost[];
}

/**
 * Measure one way of publishing with the real client library, through a recorder.
 *
 * @throws EnvironmentProblem when the server does not do its part
 */
export async function measure(probe: Probe, server: Endpoint): Promise<Measurement> {
  const recorder = await openRecorder(server, probe.splitter);
  let session: Session | undefined;
  try {
    if (server.kind === "server") await probe.prepare?.(server);
    session = await probe.open(recorder, server);
    return await measureSession(probe, server, recorder, session);
  } catch (error) {
    if (error instanceof EnvironmentProblem) throw error;
    throw new EnvironmentProblem(
      `${probe.label} could not be measured at ${server.host}:${server.port}: ${(error as Error).message}`,
      "look at the server's log; without its address, the built-in fake is measured",
      { cause: error },
    );
  } finally {
    await session?.close().catch(() => {});
    await recorder.close();
  }
}

async function measureSession(
  probe: Probe,
  server: Endpoint,
  recorder: Recorder,
  session: Session,
): Promise<Measurement> {
  const send = async (batch: Batch): Promise<{ cost: BatchCost; messages: WireMessage[] }> => {
    const from = recorder.messages.length;
    await session.send(batch);
    const messages = recorder.messages.slice(from);
    const { count, keyed } = batch;
    const bytes = (purpose: Purpose) =>
      messages
        .filter((message) => message.purpose === purpose)
        .reduce((sum, message) => sum + sizeOf(message), 0);
    const cost = { count, keyed, publish: bytes("publish"), acknowledge: bytes("acknowledge") };
    return { cost, messages };
  };

  const { cost: first } = await send(reading);
  // Topics are looked up with the first message to each.
  const opening = recorder.messages.filter(({ purpose }) => purpose === "connect");
  await send({ ...reading, keyed: true });
  const { cost: single, messages } = await send(reading);
  const batches: BatchCost[] = [];
  const isCompared = Object.values(compared).includes(probe.id);
  for (let count = isCompared ? 1 : LARGEST; count <= LARGEST; count++) {
    for (const keyed of isCompared ? [false, true] : [false]) {
      batches.push((await send({ ...reading, count, keyed })).cost);
    }
  }
  const { id, system, label } = probe;
  return {
    id,
    system,
    label,
    server: { kind: server.kind, name: server.name },
    connect: {
      sent: bytesIn(opening, "to-server"),
      received: bytesIn(opening, "to-client"),
      roundTrips: roundTripsIn(opening),
    },
    first,
    single,
    compressed: bytesIn(
      messages.filter(({ name }) => name === "HEADERS"),
      "to-server",
    ),
    segments: segmentsIn(messages.filter(({ purpose }) => purpose === "publish")),
    batches,
  };
}

/** How often the server's word follows the client's. */
export function roundTripsIn(messages: readonly WireMessage[]): number {
  const awaited = messages.filter(({ unawaited }) => unawaited === undefined);
  return awaited.filter(
    ({ direction }, index) =>
      direction === "to-client" && awaited[index - 1]?.direction === "to-server",
  ).length;
}

function segmentsIn(messages: readonly WireMessage[]): Record<SegmentKind, number> {
  const sum = (kind: SegmentKind) =>
    messages.reduce((total, message) => total + sizeOf(message, kind), 0);
  return Object.fromEntries(segmentKinds.map((kind) => [kind, sum(kind)])) as Record<
    SegmentKind,
    number
  >;
}

/** Real servers to measure, where there are any; the others are measured against their fakes. */
export type Servers = Partial<Record<System, Endpoint>>;

/** Measure every way of publishing. */
export async function measureAll(servers: Servers = {}): Promise<Measurement[]> {
  const measurements = await Promise.all(
    systems.map((system) => measureSystem(system, servers[system])),
  );
  return measurements.flat();
}

// One way after the other, so that they do not share a server that counts its messages.
async function measureSystem(system: System, server?: Endpoint): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  for (const probe of probes.filter((each) => each.system === system)) {
    const endpoint = server ?? (await probe.fake());
    try {
      measurements.push(await measure(probe, endpoint));
    } finally {
      if (endpoint !== server) await endpoint.close();
    }
  }
  return measurements;
}

/** What a connection costs beside the messages that it carries, in bytes on the wire both ways. */
export interface ConnectionCost {
  /** Once for each connection: to get ready, and what only the first message on it costs. */
  readonly connect: number;
  /** How often the client waits for the server until it may publish. */
  readonly roundTrips: number;
  /** The server's acknowledgement of one reading. */
  readonly acknowledge: number;
  /** The HTTP/2 HEADERS frame before every batch of Pub/Sub, once compressed; 0 for the others. */
  readonly headers: number;
}

/** The connection costs of the four ways that are compared. */
export function connectionCosts(
  measurements: readonly Measurement[],
): Record<System, ConnectionCost> {
  return forEachSystem((system) => {
    const { connect, first, single, compressed } = comparedMeasurement(measurements, system);
    const once = first.publish + first.acknowledge - single.publish - single.acknowledge;
    return {
      connect: connect.sent + connect.received + once,
      roundTrips: connect.roundTrips,
      acknowledge: single.acknowledge,
      headers: compressed,
    };
  });
}

/** The measurement of the way in which this system is compared. */
export function comparedMeasurement(
  measurements: readonly Measurement[],
  system: System,
): Measurement {
  const found = measurements.find(({ id }) => id === compared[system]);
  if (found === undefined) throw new Error(`${compared[system]} was not measured`);
  return found;
}
