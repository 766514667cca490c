// Kills: clearRetainedStatus: leaves nothing for who subscribes later
// Not to listen is not to clear: the broker keeps the status for everybody else.
import type { MqttClient } from "mqtt";
import { statusTopic } from "../../../solutions/03-retained-last-will.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export async function clearRetainedStatus(client: MqttClient, deviceId: string): Promise<void> {
  await client.unsubscribeAsync(statusTopic(deviceId));
}
