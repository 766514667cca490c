// Kills: shutDownGracefully: leaves with a DISCONNECT that silences the will
// end(true) sends no DISCONNECT: to the broker this is a crash.
import type { MqttClient } from "mqtt";
import { publishRetainedStatus } from "../../../solutions/03-retained-last-will.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export async function shutDownGracefully(client: MqttClient, deviceId: string): Promise<void> {
  await publishRetainedStatus(client, deviceId, "offline");
  await client.endAsync(true);
}
