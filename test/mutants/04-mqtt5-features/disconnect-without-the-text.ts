// Kills: reportDisconnect: tells the code and the reason that the broker gives
// What the broker took the trouble to say is dropped.
import type { MqttClient } from "mqtt";
import { reasonInWords } from "../../../solutions/04-mqtt5-features.ts";

export * from "../../../solutions/04-mqtt5-features.ts";

export function reportDisconnect(client: MqttClient): Promise<string> {
  return new Promise((resolve) => {
    client.once("disconnect", ({ reasonCode = 0 }) => resolve(reasonInWords(reasonCode)));
    client.once("close", () => resolve("closed without a DISCONNECT"));
  });
}
