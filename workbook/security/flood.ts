import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Many connections that say nothing, and how the broker takes it. */
export interface Flood {
  /** How many of them the broker has closed so far. */
  closed(): number;
  /** Resolves when it has closed so many. */
  closes(count: number): Promise<void>;
  end(): Promise<void>;
}

/** How many connections are enough to show a limit. More would be an attack on the machine. */
const MOST = 100;

/** Opens so many connections to a port of this machine, one after the other, and holds them. */
export async function openFlood(port: number, count: number): Promise<Flood> {
  const sockets: Socket[] = [];
  let closed = 0;
  let look = () => {};
  for (let number = 0; number < Math.min(count, MOST); number++) {
    const socket = connect(port, "127.0.0.1");
    sockets.push(socket);
    // A broker that is full may close the line before it is quite open.
    socket.on("error", () => {});
    socket.once("close", () => {
      closed++;
      look();
    });
    socket.resume();
    await Promise.race([once(socket, "connect"), once(socket, "close")]).catch(() => {});
  }
  return {
    closed: () => closed,
    closes: (wanted) =>
      new Promise((resolve) => {
        look = () => {
          if (closed >= wanted) resolve();
        };
        look();
      }),
    end: async () => {
      const open = sockets.filter((socket) => !socket.closed);
      const ended = open.map((socket) => once(socket, "close"));
      for (const socket of open) socket.destroy();
      await Promise.all(ended);
    },
  };
}
