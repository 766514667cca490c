import type { EventEmitter } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import type { Aedes } from "aedes";
import { AedesConnection } from "./aedes-connection.ts";
import type { Broker } from "./broker.ts";
import { addSharedSubscriptions } from "./shared-subscriptions.ts";

/** What Mosquitto offers by default, so that a lesson on topic aliases holds on both. */
const TOPIC_ALIAS_MAXIMUM = 10;

/** Start a broker inside this process, on a free port of 127.0.0.1. Nothing is kept on disk. */
export async function startEmbedded(): Promise<Broker> {
  // Loaded here because most runs find another broker and should not pay for this one.
  const { Aedes } = await import("aedes");
  const aedes = await Aedes.createBroker({ topicAliasMaximum: TOPIC_ALIAS_MAXIMUM });
  // Without a listener an error, such as a topic too deep to store, would end the whole process.
  (aedes as EventEmitter).on("error", () => {});
  const rewriteFilter = addSharedSubscriptions(aedes);
  const sessions = new Map<string, Set<number>>();
  await announceVersion(aedes);
  const sockets = new Set<Socket>();
  // Without noDelay small packets wait for the acknowledgement of the one before, about 40 ms.
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    aedes.handle(new AedesConnection(socket, rewriteFilter, sessions));
  });
  const port = await listen(server);
  letGo(aedes, server);
  let stopped: Promise<void> | undefined;
  return {
    kind: "embedded",
    name: `Aedes ${versionOf(aedes)}, embedded`,
    url: `mqtt://127.0.0.1:${port}`,
    stop() {
      stopped ??= close(aedes, server, sockets);
      return stopped;
    },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

/**
 * A process that only waits for this broker may come to its end, as with a broker outside of it: nobody
 * is left to connect. Aedes has timers of its own, for its heartbeat and for wills.
 */
function letGo(aedes: Aedes, server: Server): void {
  server.unref();
  for (const held of Object.values(aedes)) (held as Partial<NodeJS.Timeout> | null)?.unref?.();
}

/** The broker states its own version, which its type declarations leave out. */
function versionOf(aedes: Aedes): string {
  return (aedes as Aedes & { readonly version: string }).version;
}

/** As other brokers do, so that a client can ask what it is talking to. */
function announceVersion(aedes: Aedes): Promise<void> {
  return new Promise((resolve) => {
    const topic = "$SYS/broker/version";
    const payload = `aedes version ${versionOf(aedes)}`;
    const packet = { cmd: "publish", topic, payload, qos: 0, retain: true, dup: false } as const;
    aedes.publish(packet, () => resolve());
  });
}

async function close(aedes: Aedes, server: Server, sockets: Set<Socket>): Promise<void> {
  const serverClosed = new Promise<void>((resolve) => server.close(() => resolve()));
  const brokerClosed = new Promise<void>((resolve) => aedes.close(resolve));
  // Aedes has now written a DISCONNECT to each MQTT 5 client, which leaves with this turn of the
  // event loop. It knows nothing of connections that never sent CONNECT, and would wait for a
  // client that does not read, so the sockets are closed here.
  await new Promise((resolve) => setImmediate(resolve));
  for (const socket of sockets) socket.destroy();
  await Promise.all([serverClosed, brokerClosed]);
}
