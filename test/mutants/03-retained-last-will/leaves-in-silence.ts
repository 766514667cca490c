// Kills: shutDownGracefully: says offline itself, for the broker to keep
// After a polite end the will is silent, and nobody says offline.
import type { MqttClient } from "mqtt";

export * from "../../../solutions/03-retained-last-will.ts";

export async function shutDownGracefully(client: MqttClient, _deviceId: string): Promise<void> {
  await client.endAsync();
}
