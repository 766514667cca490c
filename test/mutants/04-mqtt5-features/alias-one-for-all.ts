// Kills: createAliasPublisher: keeps two topics apart
// The same alias stands for whatever was named last.
import type { MqttClient } from "mqtt";
import { createAliasPublisher as solution } from "../../../solutions/04-mqtt5-features.ts";

export * from "../../../solutions/04-mqtt5-features.ts";

export function createAliasPublisher(
  client: MqttClient,
  topic: string,
  alias: number,
): (payload: string) => Promise<void> {
  console.log(`alias 1 instead of ${alias}`);
  return solution(client, topic, 1);
}
