// Kills: legClientId: is another one for each device and broker
// Joins the two with what may stand in each of them.
import { prefixed } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export function legClientId(brokerName: string, deviceId: string): string {
  return prefixed(`${brokerName}-${deviceId}`);
}
