import { connect, createServer, type Socket } from "node:net";
import { pipeline, Transform } from "node:stream";
import { seededRandom } from "../telemetry.ts";

/** By how much a connection is late at the most, and each piece of what crosses it, in milliseconds. */
const LATEST = { connection: 12, piece: 5 };

/** A way to a broker of this machine on which everything is late, by chance. */
export interface LateLine {
  readonly url: string;
  /** Ends its connections, too. */
  close(): Promise<void>;
}

/**
 * Listens on loopback and forwards each connection, in order, but late: what leaves on two lines at once
 * arrives in any order, as it does on a real network. Who counts on an order that nobody promises is
 * found here within a few runs, and by a busy machine perhaps never.
 *
 * @param brokerUrl `mqtt://` with a port of this machine
 * @param seed says how late each piece of the first connection is, of the second, and so on
 */
export async function openLateLine(brokerUrl: string, seed: number): Promise<LateLine> {
  const { hostname: host, port } = new URL(brokerUrl);
  const sockets = new Set<Socket>();
  let connections = 0;
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => {});
    return socket.once("close", () => sockets.delete(socket));
  };
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, async (client) => {
    track(client);
    // A stream of chance for each, so that what one of them draws is none of another's business.
    const random = seededRandom(seed + 1000 * connections++);
    await chance(random, LATEST.connection);
    const broker = track(connect({ port: Number(port), host, allowHalfOpen: true }));
    for (const [from, to] of [
      [client, broker],
      [broker, client],
    ] as const) {
      pipeline(from, latePieces(seededRandom(random() * 2 ** 31)), to, () => {});
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `mqtt://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
    close: async () => {
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await ended;
    },
  };
}

function latePieces(random: () => number): Transform {
  return new Transform({
    transform: (piece, _encoding, done) => {
      chance(random, LATEST.piece).then(() => done(null, piece));
    },
  });
}

function chance(random: () => number, most: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, random() * most));
}
