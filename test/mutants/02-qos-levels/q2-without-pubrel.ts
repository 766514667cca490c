// Kills: demonstrateQos2: returns the packets of its message, and no others
// The PUBREL is sent by the library, and is a packet all the same.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/02-qos-levels.ts";

export * from "../../../solutions/02-qos-levels.ts";

export async function demonstrateQos2(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<right.Flow> {
  const { packets, ms } = await right.demonstrateQos2(client, topic, payload);
  return { packets: packets.filter(({ type }) => type !== "pubrel"), ms };
}
