// Kills: setupLastWill: leaves a will that says offline on devices/<id>/status
// The prefix is on the client id alone.
import type { IClientOptions } from "mqtt";
import { prefixed } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export function setupLastWill(deviceId: string): IClientOptions {
  return {
    clientId: prefixed(deviceId),
    protocolVersion: 5,
    will: { topic: `devices/${deviceId}/status`, payload: "offline", qos: 1, retain: true },
  };
}
