// Kills: createClient: speaks MQTT 5
// The library speaks 3.1.1 unless it is told otherwise.
import { connectAsync, type MqttClient } from "mqtt";

export * from "../../../solutions/01-basic-pubsub.ts";

export function createClient(brokerUrl: string, clientId: string): Promise<MqttClient> {
  return connectAsync(brokerUrl, { clientId });
}
