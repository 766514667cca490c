// Kills: clearRetainedStatus: resolves only when the broker has cleared it
// QoS 0 is never acknowledged: nobody knows whether it is cleared.
import type { MqttClient } from "mqtt";
import { statusTopic } from "../../../solutions/03-retained-last-will.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export async function clearRetainedStatus(client: MqttClient, deviceId: string): Promise<void> {
  await client.publishAsync(statusTopic(deviceId), "", { qos: 0, retain: true });
}
