// Kills: setupPatientWill: leaves a will that says offline
// Patience, and nothing to say when it ends.
import type { IClientOptions } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export function setupPatientWill(
  clientId: string,
  _topic: string,
  seconds: number,
): IClientOptions {
  return {
    clientId,
    protocolVersion: 5,
    clean: false,
    properties: { sessionExpiryInterval: seconds },
  };
}
