// Kills: publishRetainedStatus: publishes on devices/<id>/status
// It listens to the status instead of publishing it.
import type { MqttClient } from "mqtt";
import { statusTopic } from "../../../solutions/03-retained-last-will.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export async function publishRetainedStatus(client: MqttClient, deviceId: string): Promise<void> {
  await client.subscribeAsync(statusTopic(deviceId), { qos: 1 });
}
