// Kills: shutDownGracefully: says offline itself, for the broker to keep
// To clear the status is to say that there is no such device.
import type { MqttClient } from "mqtt";
import { clearRetainedStatus } from "../../../solutions/03-retained-last-will.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export async function shutDownGracefully(client: MqttClient, deviceId: string): Promise<void> {
  await clearRetainedStatus(client, deviceId);
  await client.endAsync();
}
