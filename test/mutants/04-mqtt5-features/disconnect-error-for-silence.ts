// Kills: reportDisconnect: tells a line that closes without a word
// A line without a DISCONNECT is told with a code that nobody sent.
import type { MqttClient } from "mqtt";
import { reasonInWords } from "../../../solutions/04-mqtt5-features.ts";

export * from "../../../solutions/04-mqtt5-features.ts";

export function reportDisconnect(client: MqttClient): Promise<string> {
  return new Promise((resolve) => {
    client.once("disconnect", ({ reasonCode = 0, properties }) => {
      const text = properties?.reasonString;
      resolve(reasonInWords(reasonCode) + (text ? `: ${text}` : ""));
    });
    client.once("close", () => resolve(reasonInWords(128)));
  });
}
