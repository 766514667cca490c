// Kills: shutDownGracefully: says offline itself, for the broker to keep
// Who comes later still finds the old online.
import type { MqttClient } from "mqtt";
import { statusTopic } from "../../../solutions/03-retained-last-will.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export async function shutDownGracefully(client: MqttClient, deviceId: string): Promise<void> {
  await client.publishAsync(statusTopic(deviceId), "offline", { qos: 1 });
  await client.endAsync();
}
