// Kills: openSession: tells whether the broker had a session
// Nobody looks at the CONNACK.
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
    properties: { sessionExpiryInterval: keepSeconds },
  });
  return new Promise((resolve, reject) => {
    client.once("connect", () => resolve({ client, resumed: false }));
    client.once("error", reject);
  });
}
