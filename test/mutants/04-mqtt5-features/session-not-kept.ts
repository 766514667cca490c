// Kills: openSession: has the session kept for the time it is told
// In MQTT 5 a session without an expiry ends with its connection.
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
    keepalive: keepSeconds,
  });
  return new Promise((resolve, reject) => {
    client.once("connect", ({ sessionPresent }) => resolve({ client, resumed: sessionPresent }));
    client.once("error", reject);
  });
}
