import fastify from "fastify";
import { connect } from "mqtt";
import { isReading, prefixed } from "../telemetry.ts";
import type { HttpService } from "./http-service.ts";
import type { Store } from "./store.ts";
import { partsOf, topicOf } from "./topics.ts";

/**
 * How it is often begun, and what this lab is about: a web process with an MQTT client in it. It works,
 * as long as there is one process that never ends.
 *
 * @param name its own, for its client id
 */
export async function openAllInOne(
  brokerUrl: string,
  store: Store,
  name: string,
): Promise<HttpService> {
  const client = connect(brokerUrl, { clientId: prefixed(`web-${name}`), protocolVersion: 5 });
  client.on("message", (topic, payload) => {
    const reading: unknown = JSON.parse(payload.toString());
    const deviceId = partsOf(topic)?.deviceId;
    if (deviceId === undefined || !isReading(reading)) return;
    void store.addReading({ messageId: undefined, deviceId, reading });
  });
  await new Promise<void>((resolve, reject) => {
    client.once("error", reject);
    client.subscribe(topicOf("+", "readings"), { qos: 1 }, (error) =>
      error ? reject(error) : resolve(),
    );
  });
  const server = fastify({ forceCloseConnections: true });
  server.post<{ Params: { deviceId: string }; Body: { text: string } }>(
    "/devices/:deviceId/commands",
    async ({ params, body }) => {
      await client.publishAsync(topicOf(params.deviceId, "commands"), body.text, { qos: 1 });
      return {};
    },
  );
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  return {
    url,
    close: async () => {
      await server.close();
      await client.endAsync();
    },
  };
}
