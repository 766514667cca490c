// Kills: reportDisconnect: tells the code and the reason that the broker gives
// The line has closed; why is not asked.
import type { MqttClient } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export function reportDisconnect(client: MqttClient): Promise<string> {
  return new Promise((resolve) => {
    client.once("close", () => resolve("closed without a DISCONNECT"));
  });
}
