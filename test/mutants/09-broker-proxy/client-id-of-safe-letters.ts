// Kills: legClientId: is another one for each device and broker
// Takes the slashes out of the names.
import { prefixed } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export function legClientId(brokerName: string, deviceId: string): string {
  return prefixed(`${brokerName}/${deviceId.replaceAll("/", "-")}`);
}
