// Kills: setupPatientWill: leaves a will that says offline
// The one message that nobody can send again may get lost.
import type { IClientOptions } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export function setupPatientWill(clientId: string, topic: string, seconds: number): IClientOptions {
  return {
    clientId,
    protocolVersion: 5,
    clean: false,
    properties: { sessionExpiryInterval: seconds },
    will: { topic, payload: "offline", qos: 0, properties: { willDelayInterval: seconds } },
  };
}
