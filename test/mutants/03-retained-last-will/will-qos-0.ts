// Kills: setupLastWill: has the will sent with QoS 1
// The one message that nobody can repeat may be lost.
import type { IClientOptions } from "mqtt";
import { statusTopic } from "../../../solutions/03-retained-last-will.ts";
import { prefixed } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export function setupLastWill(deviceId: string): IClientOptions {
  return {
    clientId: prefixed(deviceId),
    protocolVersion: 5,
    will: { topic: statusTopic(deviceId), payload: "offline", qos: 0, retain: true },
  };
}
