// Kills: receiveWhileOffline: loses nothing published while it was away
// Another client id, another session.
import { randomUUID } from "node:crypto";
import { connect, type MqttClient } from "mqtt";

export * from "../../../solutions/02-qos-levels.ts";

export async function receiveWhileOffline(
  brokerUrl: string,
  clientId: string,
  filter: string,
  onMessage: (topic: string, payload: Buffer) => void,
): Promise<MqttClient> {
  const client = connect(brokerUrl, {
    clientId: `${clientId}-${randomUUID()}`,
    protocolVersion: 5,
    clean: false,
    properties: { sessionExpiryInterval: 3600 },
  });
  client.on("message", (topic, payload) => onMessage(topic, payload));
  await client.subscribeAsync(filter, { qos: 1 });
  return client;
}
