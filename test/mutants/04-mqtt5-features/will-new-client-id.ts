// Kills: setupPatientWill: hides a short outage, and tells a long one
// Each start is another client to the broker, and the old one is gone.
import { randomUUID } from "node:crypto";
import type { IClientOptions } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export function setupPatientWill(clientId: string, topic: string, seconds: number): IClientOptions {
  return {
    clientId: `${clientId}-${randomUUID()}`,
    protocolVersion: 5,
    clean: false,
    properties: { sessionExpiryInterval: seconds },
    will: { topic, payload: "offline", qos: 1, properties: { willDelayInterval: seconds } },
  };
}
