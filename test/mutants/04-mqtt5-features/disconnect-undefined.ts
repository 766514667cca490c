// Kills: reportDisconnect: tells the code alone where there is no text
// Where there is no text the report says undefined.
import type { MqttClient } from "mqtt";
import { reasonInWords } from "../../../solutions/04-mqtt5-features.ts";

export * from "../../../solutions/04-mqtt5-features.ts";

export function reportDisconnect(client: MqttClient): Promise<string> {
  return new Promise((resolve) => {
    client.once("disconnect", ({ reasonCode = 0, properties }) => {
      resolve(`${reasonInWords(reasonCode)}: ${properties?.reasonString}`);
    });
    client.once("close", () => resolve("closed without a DISCONNECT"));
  });
}
