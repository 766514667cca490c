// Kills: setupLastWill: has the will published as soon as the line breaks
// The session outlives the line, and the will waits for its delay.
import type { IClientOptions } from "mqtt";
import { statusTopic } from "../../../solutions/03-retained-last-will.ts";
import { prefixed } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export function setupLastWill(deviceId: string): IClientOptions {
  return {
    clientId: prefixed(deviceId),
    protocolVersion: 5,
    properties: { sessionExpiryInterval: 60 },
    will: {
      topic: statusTopic(deviceId),
      payload: "offline",
      qos: 1,
      retain: true,
      properties: { willDelayInterval: 30 },
    },
  };
}
