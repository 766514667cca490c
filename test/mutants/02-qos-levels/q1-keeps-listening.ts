// Kills: demonstrateQos1: stops listening when it is done
// The listener stays: each later packet is added to the flow.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/02-qos-levels.ts";

export * from "../../../solutions/02-qos-levels.ts";

export async function demonstrateQos1(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<right.Flow> {
  const { packets, ms } = await right.demonstrateQos1(client, topic, payload);
  const growing = [...packets];
  client.on("packetreceive", ({ cmd, messageId }) => {
    if (cmd === "puback") growing.push({ from: "broker", type: cmd, id: messageId });
  });
  return { packets: growing, ms };
}
