// Kills: setupPatientWill: has the will wait
// MQTT counts in seconds: this one waits for hours.
import type { IClientOptions } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export function setupPatientWill(clientId: string, topic: string, seconds: number): IClientOptions {
  return {
    clientId,
    protocolVersion: 5,
    clean: false,
    properties: { sessionExpiryInterval: seconds * 1000 },
    will: { topic, payload: "offline", qos: 1, properties: { willDelayInterval: seconds * 1000 } },
  };
}
