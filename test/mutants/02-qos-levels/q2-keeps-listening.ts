// Kills: demonstrateQos2: stops listening when it is done
// The listener stays: each later packet is added to the flow.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/02-qos-levels.ts";

export * from "../../../solutions/02-qos-levels.ts";

export async function demonstrateQos2(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<right.Flow> {
  const { packets, ms } = await right.demonstrateQos2(client, topic, payload);
  const growing = [...packets];
  client.on("packetreceive", ({ cmd, messageId }) => {
    if (cmd === "pubcomp") growing.push({ from: "broker", type: cmd, id: messageId });
  });
  return { packets: growing, ms };
}
