// Kills: setupLastWill: has the will retained
// Who comes after the crash still finds the old online.
import type { IClientOptions } from "mqtt";
import { statusTopic } from "../../../solutions/03-retained-last-will.ts";
import { prefixed } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export function setupLastWill(deviceId: string): IClientOptions {
  return {
    clientId: prefixed(deviceId),
    protocolVersion: 5,
    will: { topic: statusTopic(deviceId), payload: "offline", qos: 1, retain: false },
  };
}
