// Kills: legClientId: stays the same, and begins with your prefix
// Forgets that others share the broker.

export * from "../../../solutions/09-broker-proxy.ts";

export function legClientId(brokerName: string, deviceId: string): string {
  return `${brokerName}/${deviceId}`;
}
