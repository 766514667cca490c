import { pubsubTopic, reading, sensorAttribute } from "../batch.ts";
import type { Probe } from "../probe.ts";
import { startPubsubFake } from "./fake.ts";
import { PubsubSplitter } from "./messages.ts";
import { createTopics } from "./topics.ts";

/** How long to wait for the connection, in milliseconds. */
const PATIENCE = 5000;

export const pubsubProbe: Probe = {
  id: "pubsub-grpc",
  system: "pubsub",
  label: "Cloud Pub/Sub, gRPC",
  fake: startPubsubFake,
  splitter: () => new PubsubSplitter(),
  prepare: (server) =>
    createTopics(server, [reading, { ...reading, keyed: true }].map(pubsubTopic)),
  open: async (line) => {
    const { credentials, makeGenericClientConstructor } = await import("@grpc/grpc-js");
    const { publisher } = await import("./schema.ts");
    const Publisher = makeGenericClientConstructor(publisher, "Publisher");
    const client = new Publisher(`${line.host}:${line.port}`, credentials.createInsecure(), {
      // As on the way to Google, where else the address of the recorder would be counted.
      "grpc.default_authority": "pubsub.googleapis.com",
      "grpc.use_local_subchannel_pool": 1,
    });
    await new Promise<void>((resolve, reject) => {
      client.waitForReady(Date.now() + PATIENCE, (error) => (error ? reject(error) : resolve()));
    });
    return {
      send: (batch) => {
        const message = {
          data: Buffer.from(batch.payload),
          ...(batch.keyed ? { attributes: { [sensorAttribute]: batch.topic } } : {}),
        };
        const messages = Array.from({ length: batch.count }, () => message);
        const { path, requestSerialize, responseDeserialize } = publisher.Publish;
        return new Promise((resolve, reject) => {
          client.makeUnaryRequest(
            path,
            requestSerialize,
            responseDeserialize,
            { topic: pubsubTopic(batch), messages },
            (error) => (error ? reject(error) : resolve()),
          );
        });
      },
      close: async () => client.close(),
    };
  },
};
