// Kills: clearRetainedStatus: resolves only when the broker has cleared it
// The call without a promise returns at once.
import type { MqttClient } from "mqtt";
import { statusTopic } from "../../../solutions/03-retained-last-will.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export async function clearRetainedStatus(client: MqttClient, deviceId: string): Promise<void> {
  client.publish(statusTopic(deviceId), "", { qos: 1, retain: true });
}
