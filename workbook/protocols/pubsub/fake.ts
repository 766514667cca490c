import type { Endpoint } from "../probe.ts";

/** A gRPC server that takes every message and gives it a number, in the length of the emulator's. */
export async function startPubsubFake(): Promise<Endpoint> {
  const { Server, ServerCredentials } = await import("@grpc/grpc-js");
  const { publisher } = await import("./schema.ts");
  const server = new Server();
  let published = 0;
  server.addService(publisher, {
    Publish: (
      call: { request: { messages?: readonly unknown[] } },
      answer: (error: null, response: { message_ids: string[] }) => void,
    ) => {
      const { messages = [] } = call.request;
      answer(null, { message_ids: messages.map(() => String(++published)) });
    },
    CreateTopic: (call: { request: object }, answer: (error: null, response: object) => void) =>
      answer(null, call.request),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    kind: "fake",
    name: "built-in fake",
    host: "127.0.0.1",
    port,
    close: async () => server.forceShutdown(),
  };
}
