// Kills: clearRetainedStatus: leaves nothing for who subscribes later
// An empty message without the flag is passed on, and what is kept stays.
import type { MqttClient } from "mqtt";
import { statusTopic } from "../../../solutions/03-retained-last-will.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export async function clearRetainedStatus(client: MqttClient, deviceId: string): Promise<void> {
  await client.publishAsync(statusTopic(deviceId), "", { qos: 1 });
}
