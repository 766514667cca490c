// Kills: receiveWhileOffline: asks the broker to keep the session for an hour
// The interval counts seconds.
import { connect, type MqttClient } from "mqtt";

export * from "../../../solutions/02-qos-levels.ts";

export async function receiveWhileOffline(
  brokerUrl: string,
  clientId: string,
  filter: string,
  onMessage: (topic: string, payload: Buffer) => void,
): Promise<MqttClient> {
  const client = connect(brokerUrl, {
    clientId,
    protocolVersion: 5,
    clean: false,
    properties: { sessionExpiryInterval: 3_600_000 },
  });
  client.on("message", (topic, payload) => onMessage(topic, payload));
  await client.subscribeAsync(filter, { qos: 1 });
  return client;
}
