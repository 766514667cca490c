// Kills: demonstrateQos0: stops listening when it is done
// The listener stays: each later packet is added to the flow.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/02-qos-levels.ts";

export * from "../../../solutions/02-qos-levels.ts";

export async function demonstrateQos0(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<right.Flow> {
  const { packets, ms } = await right.demonstrateQos0(client, topic, payload);
  const growing = [...packets];
  client.on("packetsend", ({ cmd, messageId }) => {
    if (cmd === "publish" && !messageId) growing.push({ from: "client", type: cmd, id: undefined });
  });
  return { packets: growing, ms };
}
