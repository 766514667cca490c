// Kills: receiveWhileOffline: resolves only when the broker has confirmed
// It resolves before the broker knows what to keep.
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
    properties: { sessionExpiryInterval: 3600 },
  });
  client.on("message", (topic, payload) => onMessage(topic, payload));
  await new Promise<void>((resolve) => {
    client.once("connect", () => resolve());
  });
  client.subscribe(filter, { qos: 1 });
  return client;
}
