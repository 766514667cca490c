// Kills: setupLastWill: leaves a will that says offline on devices/<id>/status
// The will is left out of the options: the broker has nothing to say.
import type { IClientOptions } from "mqtt";
import { prefixed } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export function setupLastWill(deviceId: string): IClientOptions {
  return { clientId: prefixed(deviceId), protocolVersion: 5 };
}
