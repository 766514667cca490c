// Kills: subscribeAsBridge: resolves when the subscription is confirmed
// The call without a promise returns at once.
import type { MqttClient } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function subscribeAsBridge(client: MqttClient, filter: string): Promise<void> {
  client.subscribe(filter, { qos: 1, nl: true, rap: true, rh: 1 });
}
