import { connect as connectTcp, createServer, isIP, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { EnvironmentProblem } from "../environment-problem.ts";
import { diagnoseError } from "../troubles/from-error.ts";
import { Faults } from "./faults.ts";
import { Lane } from "./lane.ts";
import { type Closed, Connection, Frame, Transcript } from "./transcript.ts";

/** A TCP proxy between MQTT clients and a broker that writes down every packet. */
export interface Tap {
  /** Where clients connect instead of to the broker, with the same credentials. */
  readonly url: string;
  readonly transcript: Transcript;
  readonly faults: Faults;
  /**
   * Breaks the line of every connection that matches, at once and without a DISCONNECT to either side.
   * What was written before still arrives.
   *
   * @returns how many lines it broke
   */
  cutLines(matches: (connection: Connection) => boolean): number;
  /** A process in which only the tap still listens, with nobody connected, may come to its end. */
  unref(): void;
  /** Ends every connection and stops listening. */
  close(): Promise<void>;
}

/**
 * Listens on loopback and forwards each connection to the broker, byte for byte.
 *
 * @param brokerUrl `mqtt://` or `mqtts://`; with the latter the tap speaks TLS to the broker and plain
 *   MQTT to its clients
 * @param port where to listen; 0 takes a free one
 * @param tls whom the tap trusts, and with which certificate it connects, in the place of its clients
 * @throws EnvironmentProblem when the port is taken or the address is none
 */
export async function openTap(
  brokerUrl: string,
  port = 0,
  tls: ConnectionOptions = {},
): Promise<Tap> {
  const broker = parseBrokerUrl(brokerUrl, tls);
  const transcript = new Transcript();
  const faults = new Faults();
  const opened = performance.now();
  const now = () => performance.now() - opened;
  const sockets = new Set<Socket>();
  const cuts = new Map<Connection, () => void>();
  let connections = 0;

  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.once("close", () => sockets.delete(socket));
    return socket;
  };

  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
    track(client);
    const connection = new Connection(++connections);
    transcript.record({ kind: "opened", at: now(), connection });
    let closed = false;
    const close = (by: Closed["by"], error?: Error) => {
      if (closed) return;
      closed = true;
      cuts.delete(connection);
      const why = error === undefined ? {} : { error: describeError(error) };
      transcript.record({ kind: "closed", at: now(), connection, by, ...why });
    };

    if (faults.takeRefusal()) {
      transcript.record({ kind: "closed", at: now(), connection, by: "tap", refused: true });
      client.on("error", () => {});
      client.destroy();
      return;
    }

    const upstream = track(broker.connect());
    const cut = () => {
      close("tap");
      for (const lane of [toBroker, toClient]) lane.cut();
    };
    cuts.set(connection, cut);
    const lane = (from: Socket, to: Socket, direction: "to-broker" | "to-client") =>
      new Lane(from, to, {
        frame: (bytes, size, problem) => {
          const frame = new Frame(now(), connection, direction, bytes, size, problem);
          connection.introduce(frame);
          return frame;
        },
        transcript,
        faults,
        cut,
        freeze: (released) => (direction === "to-broker" ? toClient : toBroker).freeze(released),
        ended: (error) => close(direction === "to-broker" ? "client" : "broker", error),
      });
    const toBroker = lane(client, upstream, "to-broker");
    const toClient = lane(upstream, client, "to-client");
  });

  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const trouble = diagnoseError(error);
      reject(
        new EnvironmentProblem(
          `the tap cannot listen on 127.0.0.1:${port}: ${trouble?.cause ?? error.message}`,
          trouble?.next ?? "take another port",
          { cause: error },
        ),
      );
    });
    server.listen(port, "127.0.0.1", resolve);
  });

  // Such as a connection that cannot be accepted for want of file handles: the others go on.
  server.on("error", () => {});

  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the tap has no port");
  return {
    url: `mqtt://${broker.credentials}127.0.0.1:${address.port}`,
    transcript,
    faults,
    cutLines: (matches) => {
      const matching = [...cuts].filter(([connection]) => matches(connection));
      for (const [, cut] of matching) cut();
      return matching.length;
    },
    unref: () => server.unref(),
    close: async () => {
      const ended = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const socket of sockets) socket.destroy();
      await ended;
    },
  };
}

/** Where a broker is, and how to open a socket to it. */
function parseBrokerUrl(
  text: string,
  options: ConnectionOptions,
): { credentials: string; connect: () => Socket } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const tls = url?.protocol === "mqtts:" || url?.protocol === "ssl:";
  const plain = url?.protocol === "mqtt:" || url?.protocol === "tcp:";
  if (!url?.hostname || !(tls || plain)) {
    throw new EnvironmentProblem(
      `${withoutPassword(text)} is no address of an MQTT broker`,
      "write it as mqtt://host:port, or mqtts://host:port for TLS",
    );
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = Number(url.port) || (tls ? 8883 : 1883);
  const credentials = url.username === "" ? "" : `${url.username}:${url.password}@`;
  return {
    credentials,
    connect: () =>
      tls
        ? connectTls(port, host, { servername: isIP(host) ? "" : host, ...options })
        : connectTcp({ host, port, allowHalfOpen: true }),
  };
}

/** An address as it may be shown on a screen. */
export function withoutPassword(url: string): string {
  return url.replace(/(:\/\/[^/@:]*):[^/]*@/, "$1:…@");
}

/** Where a name has several addresses, Node says what went wrong only in the errors of each. */
function describeError(error: Error): string {
  const [first] = error instanceof AggregateError ? error.errors : [error];
  return first instanceof Error ? first.message : error.message;
}
