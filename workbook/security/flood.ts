import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Many connections that say nothing, and how the broker takes it. */
export interface Flood {
  /** How many of them are open now. */
  open(): number;
  /** Resolves when no more than so many are left. Never rejects: give it a deadline. */
  shrinksTo(count: number): Promise<void>;
  end(): Promise<void>;
}

/** Enough to show a limit. More would be an attack on the machine. */
const MOST = 100;

/** Opens so many connections to a port of this machine, one after the other, and holds them. */
export async function openFlood(port: number, count: number): Promise<Flood> {
  const sockets: Socket[] = [];
  const closed: Promise<unknown>[] = [];
  for (let number = 0; number < Math.min(count, MOST); number++) {
    const socket = connect(port, "127.0.0.1");
    sockets.push(socket);
    closed.push(new Promise((resolve) => socket.once("close", resolve)));
    // A broker that is full may close the line before it is quite open.
    socket.on("error", () => {});
    socket.resume();
    await Promise.race([once(socket, "connect"), closed[number]]).catch(() => {});
  }
  return {
    open: () => sockets.filter((socket) => !socket.closed).length,
    shrinksTo: async (count) => {
      const left = new Set(sockets.filter((socket) => !socket.closed));
      while (left.size > count) {
        await Promise.race([...left].map((socket) => once(socket, "close")));
        for (const socket of left) if (socket.closed) left.delete(socket);
      }
    },
    end: async () => {
      for (const socket of sockets) socket.destroy();
      await Promise.all(closed);
    },
  };
}
