import { amqpProbes } from "./amqp/probe.ts";
import { type Batch, reading } from "./batch.ts";
import { kafkaProbe } from "./kafka/probe.ts";
import { mqttProbes } from "./mqtt/probe.ts";
import type { Endpoint, Probe, Purpose, Session, WireMessage } from "./probe.ts";
import { pubsubProbe } from "./pubsub/probe.ts";
import { bytesIn, openRecorder, type Recorder } from "./recorder.ts";

/** Every way of publishing that is measured. */
export const probes: readonly Probe[] = [...mqttProbes, ...amqpProbes, kafkaProbe, pubsubProbe];

/** Bytes on the wire of what was sent and of what came back. */
export interface Traffic {
  /** Bytes from the client, for the messages themselves. */
  readonly publish: number;
  /** Bytes from the server, to acknowledge them. */
  readonly acknowledge: number;
}
