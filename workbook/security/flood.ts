import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";

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

/**
 * Opens so many connections to a port of this machine, one after the other, and holds them.
 *
 * @param tls shake hands, too: then the broker itself has accepted those that are open. Without, Docker's
 *   proxy may have, and the broker not have heard of them yet.
 */
export async function openFlood(
  port: number,
  count: number,
  tls?: ConnectionOptions,
): Promise<Flood> {
  /** Those that are open, with what resolves when they are no more. */
  const open = new Map<Socket, Promise<void>>();
  for (let number = 0; number < Math.min(count, MOST); number++) {
    const to = { port, host: "127.0.0.1" };
    const socket = tls ? connectTls({ ...tls, ...to }) : connect(to);
    const closed = new Promise<void>((resolve) => {
      socket.once("close", () => {
        open.delete(socket);
        resolve();
      });
    });
    open.set(socket, closed);
    // A broker that is full may close the line before it is quite open.
    socket.on("error", () => {});
    socket.resume();
    await Promise.race([once(socket, tls ? "secureConnect" : "connect"), closed]).catch(() => {});
  }
  return {
    open: () => open.size,
    shrinksTo: async (count) => {
      while (open.size > count) await Promise.race(open.values());
    },
    end: async () => {
      for (const socket of open.keys()) socket.destroy();
      await Promise.all(open.values());
    },
  };
}
