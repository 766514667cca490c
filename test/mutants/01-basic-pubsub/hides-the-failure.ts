// Kills: createClient: rejects when no broker answers
// The error is caught, and a client that is not connected goes out as if it were.
import { connect, type MqttClient } from "mqtt";

export * from "../../../solutions/01-basic-pubsub.ts";

export function createClient(brokerUrl: string, clientId: string): Promise<MqttClient> {
  const client = connect(brokerUrl, { clientId, protocolVersion: 5 });
  return new Promise((resolve) => {
    client.once("connect", () => resolve(client));
    client.once("error", () => {
      client.end(true);
      resolve(client);
    });
  });
}
