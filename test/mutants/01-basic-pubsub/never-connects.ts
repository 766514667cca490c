// Kills: createClient: speaks MQTT 5
// The client is made and handed over, but nobody tells it to connect.
import { connect, type MqttClient } from "mqtt";

export * from "../../../solutions/01-basic-pubsub.ts";

export async function createClient(brokerUrl: string, clientId: string): Promise<MqttClient> {
  return connect(brokerUrl, { clientId, protocolVersion: 5, manualConnect: true });
}
