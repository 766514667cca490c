// Kills: openSession: starts clean when it is told to, and only then
// As before MQTT 5: a session that is not kept is also a clean start.
import { connect } from "mqtt";
import type { OpenSession } from "../../../solutions/04-mqtt5-features.ts";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function openSession(
  brokerUrl: string,
  clientId: string,
  startClean: boolean,
  keepSeconds: number,
): Promise<OpenSession> {
  console.log({ startClean });
  const client = connect(brokerUrl, {
    clientId,
    protocolVersion: 5,
    clean: keepSeconds === 0,
    properties: { sessionExpiryInterval: keepSeconds },
  });
  return new Promise((resolve, reject) => {
    client.once("connect", ({ sessionPresent }) => resolve({ client, resumed: sessionPresent }));
    client.once("error", reject);
  });
}
