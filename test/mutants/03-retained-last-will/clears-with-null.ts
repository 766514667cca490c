// Kills: clearRetainedStatus: leaves nothing for who subscribes later
// The word null is a payload of four bytes.
import type { MqttClient } from "mqtt";
import { statusTopic } from "../../../solutions/03-retained-last-will.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export async function clearRetainedStatus(client: MqttClient, deviceId: string): Promise<void> {
  await client.publishAsync(statusTopic(deviceId), "null", { qos: 1, retain: true });
}
