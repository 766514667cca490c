// Kills: setupPatientWill: keeps the session for as long as the will waits
// The session ends with the line, and the will does not wait.
import type { IClientOptions } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export function setupPatientWill(clientId: string, topic: string, seconds: number): IClientOptions {
  return {
    clientId,
    protocolVersion: 5,
    clean: false,

    will: { topic, payload: "offline", qos: 1, properties: { willDelayInterval: seconds } },
  };
}
