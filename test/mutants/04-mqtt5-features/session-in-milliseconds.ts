// Kills: openSession: has the session kept for the time it is told
// MQTT counts in seconds.
import { connect } from "mqtt";
import type { OpenSession } from "../../../solutions/04-mqtt5-features.ts";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function openSession(
  brokerUrl: string,
  clientId: string,
  startClean: boolean,
  keepSeconds: number,
): Promise<OpenSession> {
  const client = connect(brokerUrl, {
    clientId,
    protocolVersion: 5,
    clean: startClean,
    properties: { sessionExpiryInterval: keepSeconds * 1000 },
  });
  return new Promise((resolve, reject) => {
    client.once("connect", ({ sessionPresent }) => resolve({ client, resumed: sessionPresent }));
    client.once("error", reject);
  });
}
