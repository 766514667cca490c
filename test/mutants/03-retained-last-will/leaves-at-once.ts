// Kills: shutDownGracefully: leaves only when the broker has the offline
// Neither the offline nor the end is awaited.
import type { MqttClient } from "mqtt";
import { publishRetainedStatus } from "../../../solutions/03-retained-last-will.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export async function shutDownGracefully(client: MqttClient, deviceId: string): Promise<void> {
  publishRetainedStatus(client, deviceId, "offline");
  client.end();
}
