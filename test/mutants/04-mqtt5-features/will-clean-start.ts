// Kills: setupPatientWill: goes on with its session when it is back
// A clean start ends the session that the will is waiting in.
import type { IClientOptions } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export function setupPatientWill(clientId: string, topic: string, seconds: number): IClientOptions {
  return {
    clientId,
    protocolVersion: 5,
    clean: true,
    properties: { sessionExpiryInterval: seconds },
    will: { topic, payload: "offline", qos: 1, properties: { willDelayInterval: seconds } },
  };
}
