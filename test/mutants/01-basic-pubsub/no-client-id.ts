// Kills: createClient: connects with the client id it was given
// The client id stays unused, and the library makes one up.
import { connectAsync, type MqttClient } from "mqtt";

export * from "../../../solutions/01-basic-pubsub.ts";

export function createClient(brokerUrl: string, _clientId: string): Promise<MqttClient> {
  return connectAsync(brokerUrl, { protocolVersion: 5 });
}
