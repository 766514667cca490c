// Kills: shutDownGracefully: leaves only when the broker has the offline
// QoS 0 is never acknowledged: the device leaves without knowing.
import type { MqttClient } from "mqtt";
import { statusTopic } from "../../../solutions/03-retained-last-will.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export async function shutDownGracefully(client: MqttClient, deviceId: string): Promise<void> {
  await client.publishAsync(statusTopic(deviceId), "offline", { retain: true });
  await client.endAsync();
}
