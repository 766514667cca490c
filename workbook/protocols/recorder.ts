import { connect, createServer, type Socket } from "node:net";
import { EnvironmentProblem } from "../environment-problem.ts";
import type { Address, Direction, Line, Splitter, WireMessage } from "./probe.ts";
import { sizeOf } from "./probe.ts";

/** A TCP proxy that forwards every byte as it came, and cuts a copy into messages. */
export interface Recorder extends Line {
  /** All messages that crossed so far, in order. */
  readonly messages: readonly WireMessage[];
  /** Bytes that crossed, by direction, counted beside the splitter. */
  readonly bytes: Readonly<Record<Direction, number>>;
  /** Bytes that crossed and belong to no whole message yet. */
  readonly pending: number;
  close(): Promise<void>;
}

/**
 * Listen on loopback before this server.
 *
 * @throws EnvironmentProblem when nobody listens there
 */
export async function openRecorder(
  server: Address,
  makeSplitter: () => Splitter,
): Promise<Recorder> {
  await reachable(server);
  const messages: WireMessage[] = [];
  const bytes = { "to-server": 0, "to-client": 0 };
  const splitters: Splitter[] = [];
  const sockets = new Set<Socket>();
  const waiting = new Set<() => void>();

  const listener = createServer((client) => {
    const upstream = connect(server.port, server.host);
    const splitter = makeSplitter();
    splitters.push(splitter);
    const forward = (from: Socket, to: Socket, direction: Direction) => {
      sockets.add(from);
      from.setNoDelay(true);
      from.on("data", (chunk) => {
        bytes[direction] += chunk.length;
        messages.push(...splitter.push(direction, chunk));
        to.write(chunk);
        for (const look of waiting) look();
      });
      from.on("error", () => {});
      from.on("close", () => {
        sockets.delete(from);
        to.destroySoon();
      });
    };
    forward(client, upstream, "to-server");
    forward(upstream, client, "to-client");
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const address = listener.address();
  if (address === null || typeof address === "string") throw new Error("the recorder has no port");

  return {
    host: "127.0.0.1",
    port: address.port,
    messages,
    bytes,
    get pending() {
      return splitters.reduce((sum, { pending }) => sum + pending, 0);
    },
    carried: (total) =>
      new Promise((resolve) => {
        const look = () => {
          if (bytes["to-server"] < total) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    close: async () => {
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function reachable({ host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve();
    });
    socket.on("error", (error) => {
      reject(
        new EnvironmentProblem(
          `nobody listens at ${host}:${port}: ${error.message || "connection refused"}`,
          "start the server, or leave out its address to measure against the built-in fake",
          { cause: error },
        ),
      );
    });
  });
}

/** Bytes that crossed in these messages, in one direction. */
export function bytesIn(messages: readonly WireMessage[], direction: Direction): number {
  return messages
    .filter((message) => message.direction === direction)
    .reduce((sum, message) => sum + sizeOf(message), 0);
}
