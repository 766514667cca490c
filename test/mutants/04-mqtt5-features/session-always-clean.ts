// Kills: openSession: starts clean when it is told to, and only then
// A clean start each time, and nothing ever goes on.
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
    clean: true,
    properties: { sessionExpiryInterval: keepSeconds },
  });
  return new Promise((resolve, reject) => {
    client.once("connect", ({ sessionPresent }) => resolve({ client, resumed: sessionPresent }));
    client.once("error", reject);
  });
}
