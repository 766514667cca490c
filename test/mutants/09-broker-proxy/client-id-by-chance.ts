// Kills: legClientId: stays the same, and begins with your prefix
// Is another client each time.
import { randomUUID } from "node:crypto";
import { prefixed } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export function legClientId(_brokerName: string, _deviceId: string): string {
  return prefixed(randomUUID());
}
