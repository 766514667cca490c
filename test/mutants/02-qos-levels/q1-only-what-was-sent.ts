// Kills: demonstrateQos1: returns the packets of its message, and no others
// Looks at one direction only.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/02-qos-levels.ts";

export * from "../../../solutions/02-qos-levels.ts";

export async function demonstrateQos1(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<right.Flow> {
  const { packets, ms } = await right.demonstrateQos1(client, topic, payload);
  return { packets: packets.filter(({ from }) => from === "client"), ms };
}
