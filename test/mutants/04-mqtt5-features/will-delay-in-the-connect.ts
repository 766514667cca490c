// Kills: setupPatientWill: has the will wait
// Among the properties of the CONNECT nobody looks for a will's delay.
import type { IClientOptions } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export function setupPatientWill(clientId: string, topic: string, seconds: number): IClientOptions {
  return {
    clientId,
    protocolVersion: 5,
    clean: false,
    properties: { sessionExpiryInterval: seconds, willDelayInterval: seconds } as object,
    will: { topic, payload: "offline", qos: 1 },
  };
}
