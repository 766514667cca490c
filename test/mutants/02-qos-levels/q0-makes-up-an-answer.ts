// Kills: demonstrateQos0: returns the packets of its message, and no others
// Every message is acknowledged, is it not?
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/02-qos-levels.ts";

export * from "../../../solutions/02-qos-levels.ts";

export async function demonstrateQos0(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<right.Flow> {
  const { packets, ms } = await right.demonstrateQos0(client, topic, payload);
  return { packets: [...packets, { from: "broker", type: "puback", id: undefined }], ms };
}
