// Kills: subscribeAsBridge: gets what is kept once, and not again
// Each new subscription brings all that is kept once more.
import type { MqttClient } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function subscribeAsBridge(client: MqttClient, filter: string): Promise<void> {
  await client.subscribeAsync(filter, { qos: 1, nl: true, rap: true });
}
