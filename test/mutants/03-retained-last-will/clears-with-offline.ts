// Kills: clearRetainedStatus: leaves nothing for who subscribes later
// A device that is away is not a device that no longer exists.
import type { MqttClient } from "mqtt";
import { publishRetainedStatus } from "../../../solutions/03-retained-last-will.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export async function clearRetainedStatus(client: MqttClient, deviceId: string): Promise<void> {
  await publishRetainedStatus(client, deviceId, "offline");
}
