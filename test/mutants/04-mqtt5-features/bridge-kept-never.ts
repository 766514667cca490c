// Kills: subscribeAsBridge: gets what is kept once, and not again
// Retain Handling 2 leaves out what is kept, the first time too.
import type { MqttClient } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function subscribeAsBridge(client: MqttClient, filter: string): Promise<void> {
  await client.subscribeAsync(filter, { qos: 1, nl: true, rap: true, rh: 2 });
}
