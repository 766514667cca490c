import { randomBytes } from "node:crypto";
import { connect } from "mqtt";
import { prefixed } from "../telemetry.ts";
import { endWithin } from "./end-within.ts";
import { MONITOR, statusTopic } from "./names.ts";
import { within } from "./within.ts";

/** In milliseconds. A broker that says nothing for so long will show that elsewhere. */
const PATIENCE = 3000;

/**
 * Whether another fleet runs on this broker under the same names: the two would throw each other's
 * devices out. Its monitor has left an "online" with the broker.
 */
export async function anotherFleetRuns(brokerUrl: string): Promise<boolean> {
  const clientId = prefixed(`fleet-newcomer-${randomBytes(4).toString("hex")}`);
  const marker = prefixed(`fleet/newcomer/${randomBytes(4).toString("hex")}`);
  const client = connect(brokerUrl, { clientId, protocolVersion: 5, reconnectPeriod: 0 });
  let kept = "";
  const asked = new Promise<void>((resolve, reject) => {
    client.on("error", reject);
    client.on("message", (topic, payload) => {
      if (topic === statusTopic(MONITOR)) kept = payload.toString();
      else resolve();
    });
    client.on("connect", async () => {
      try {
        // What is kept comes before the marker that is published once the subscription stands.
        await client.subscribeAsync([statusTopic(MONITOR), marker]);
        await client.publishAsync(marker, "");
      } catch (error) {
        reject(error);
      }
    });
  });
  try {
    await within(PATIENCE, asked);
  } finally {
    await endWithin(client, async () => {});
  }
  return kept === "online";
}
