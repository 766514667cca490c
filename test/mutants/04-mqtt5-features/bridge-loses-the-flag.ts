// Kills: subscribeAsBridge: sees which messages are to be kept
// Live copies come without RETAIN unless one asks for it.
import type { MqttClient } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function subscribeAsBridge(client: MqttClient, filter: string): Promise<void> {
  await client.subscribeAsync(filter, { qos: 1, nl: true, rh: 1 });
}
