// Kills: setupLastWill: leaves a will that says offline on devices/<id>/status
// The birth message is a word, and the will an object: nobody understands both.
import type { IClientOptions } from "mqtt";
import { statusTopic } from "../../../solutions/03-retained-last-will.ts";
import { prefixed } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export function setupLastWill(deviceId: string): IClientOptions {
  return {
    clientId: prefixed(deviceId),
    protocolVersion: 5,
    will: {
      topic: statusTopic(deviceId),
      payload: JSON.stringify({ status: "offline" }),
      qos: 1,
      retain: true,
    },
  };
}
