// Kills: subscribeAsBridge: does not hear what it says itself
// What it publishes comes back, and is copied again, and comes back.
import type { MqttClient } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function subscribeAsBridge(client: MqttClient, filter: string): Promise<void> {
  await client.subscribeAsync(filter, { qos: 1, rap: true, rh: 1 });
}
