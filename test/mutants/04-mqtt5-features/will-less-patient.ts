// Kills: setupPatientWill: has the will wait
// Never more than ten seconds, whatever it is told.
import type { IClientOptions } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export function setupPatientWill(clientId: string, topic: string, seconds: number): IClientOptions {
  return {
    clientId,
    protocolVersion: 5,
    clean: false,
    properties: { sessionExpiryInterval: seconds },
    will: {
      topic,
      payload: "offline",
      qos: 1,
      properties: { willDelayInterval: Math.min(seconds, 10) },
    },
  };
}
