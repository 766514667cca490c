// Kills: legClientId: is another one for each device and broker
// Connects everywhere as the device itself.
import { prefixed } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export function legClientId(_brokerName: string, deviceId: string): string {
  return prefixed(deviceId);
}
