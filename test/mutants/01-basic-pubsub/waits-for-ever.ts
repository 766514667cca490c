// Kills: createClient: rejects when no broker answers
// Only the good event is listened to.
import { connect, type MqttClient } from "mqtt";

export * from "../../../solutions/01-basic-pubsub.ts";

export function createClient(brokerUrl: string, clientId: string): Promise<MqttClient> {
  const client = connect(brokerUrl, { clientId, protocolVersion: 5 });
  client.on("error", () => {});
  return new Promise((resolve) => client.once("connect", () => resolve(client)));
}
