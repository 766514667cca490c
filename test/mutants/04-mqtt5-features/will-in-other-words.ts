// Kills: setupPatientWill: leaves a will that says offline
// Who waits for the word offline does not know this one.
import type { IClientOptions } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export function setupPatientWill(clientId: string, topic: string, seconds: number): IClientOptions {
  return {
    clientId,
    protocolVersion: 5,
    clean: false,
    properties: { sessionExpiryInterval: seconds },
    will: { topic, payload: "gone", qos: 1, properties: { willDelayInterval: seconds } },
  };
}
