// Kills: subscribeAsBridge: does not hear what it says itself
// A filter without its wildcard matches one topic.
import type { MqttClient } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function subscribeAsBridge(client: MqttClient, filter: string): Promise<void> {
  await client.subscribeAsync(filter.replace("/#", ""), { qos: 1, nl: true, rap: true, rh: 1 });
}
