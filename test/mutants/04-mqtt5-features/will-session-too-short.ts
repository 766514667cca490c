// Kills: setupPatientWill: keeps the session for as long as the will waits
// The session ends after a second, and the will with it.
import type { IClientOptions } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export function setupPatientWill(clientId: string, topic: string, seconds: number): IClientOptions {
  return {
    clientId,
    protocolVersion: 5,
    clean: false,
    properties: { sessionExpiryInterval: 1 },
    will: { topic, payload: "offline", qos: 1, properties: { willDelayInterval: seconds } },
  };
}
