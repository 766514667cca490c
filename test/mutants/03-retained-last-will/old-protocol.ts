// Kills: setupLastWill: speaks MQTT 5
// The library speaks 3.1.1 unless it is told otherwise.
import type { IClientOptions } from "mqtt";
import { statusTopic } from "../../../solutions/03-retained-last-will.ts";
import { prefixed } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export function setupLastWill(deviceId: string): IClientOptions {
  return {
    clientId: prefixed(deviceId),
    will: { topic: statusTopic(deviceId), payload: "offline", qos: 1, retain: true },
  };
}
