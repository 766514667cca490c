// Kills: createClient: resolves only when the broker has accepted it
// connect() returns at once; the CONNACK comes later. It does hear of errors, though.
import { connect, type MqttClient } from "mqtt";

export * from "../../../solutions/01-basic-pubsub.ts";

export function createClient(brokerUrl: string, clientId: string): Promise<MqttClient> {
  const client = connect(brokerUrl, { clientId, protocolVersion: 5 });
  return new Promise((resolve, reject) => {
    client.once("error", (error) => {
      client.end(true);
      reject(error);
    });
    client.stream.once("connect", () => resolve(client));
  });
}
