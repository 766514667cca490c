import type { Address } from "../probe.ts";

/** gRPC's code for what is there already. */
const ALREADY_EXISTS = 6;

/** Make these topics, on an emulator or a server that lets us. */
export async function createTopics(
  { host, port }: Address,
  topics: readonly string[],
): Promise<void> {
  const { credentials, makeGenericClientConstructor } = await import("@grpc/grpc-js");
  const { publisher } = await import("./schema.ts");
  const Publisher = makeGenericClientConstructor(publisher, "Publisher");
  const client = new Publisher(`${host}:${port}`, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = publisher.CreateTopic;
  try {
    for (const name of topics) {
      await new Promise<void>((resolve, reject) => {
        client.makeUnaryRequest(path, requestSerialize, responseDeserialize, { name }, (error) =>
          error && error.code !== ALREADY_EXISTS ? reject(error) : resolve(),
        );
      });
    }
  } finally {
    client.close();
  }
}
