import { connect as connectTcp, createServer, isIP, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { EnvironmentProblem } from "../environment-problem.ts";
import { CannotListen } from "./cannot-listen.ts";
import { Faults } from "./faults.ts";
import { Line } from "./line.ts";
import { Connection, Transcript } from "./transcript.ts";

/**
 * So many times in a row the broker must have answered on every line with nothing else crossing meanwhile.
 * Once is not enough: what one line's answer shows to be done may have had its effect on another line only
 * after that one's answer.
 */
const QUIET_ROUNDS = 2;
/** After so many rounds it is clear that something crosses all the time. */
const MAX_ROUNDS = 100;

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
  /** How many connections are open now: neither side has closed them. */
  readonly lines: number;
  /**
   * Whether all that the broker had to say has come. Resolves with
   * - `true` once the broker has answered pings of the tap's own on every line, behind all that it sent
   *   before, and nothing else crossed meanwhile. A line on which no ping may be sent any more is waited
   *   for until the broker has closed it. Lines that are frozen, not begun or refused count as silent, and
   *   a packet that waits at the tap has come
   * - `false` where no answer would tell, at once and without a ping: a CONNECT has no CONNACK yet, half a
   *   packet has come, or the broker goes by a clock that is set to a few seconds, be it for a line that
   *   has ended. Later also where it comes to that, or where something crosses all the time
   *
   * Stays pending while the broker does not answer: give it a deadline. The pings are not in the transcript,
   * no fault meets them, and no client sees their answers. Once the tap is closed there is no line to ask.
   */
  settled(): Promise<boolean>;
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
 * @throws CannotListen when the port is taken, EnvironmentProblem when the address is none
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
  /** The lines that no side has closed. */
  const open = new Set<Line>();
  /** The lines on which the broker may still say something. */
  const live = new Set<Line>();
  /** The broker will still do something for a line that has ended. */
  let isScheduled = false;
  let connections = 0;

  /** Changes with every packet, and with every line that begins or ends. */
  const crossed = () => {
    const { "to-broker": sent, "to-client": came } = transcript.counts;
    return sent.packets + came.packets + 2 * connections - live.size;
  };

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

    if (faults.takeRefusal()) {
      transcript.record({ kind: "closed", at: now(), connection, by: "tap", refused: true });
      client.on("error", () => {});
      client.destroy();
      return;
    }

    const line: Line = new Line(connection, client, track(broker.connect()), {
      now,
      transcript,
      faults,
      closed: (by, error) => {
        // A side that closes after the other, or after a cut, is no news.
        if (!open.delete(line)) return;
        const why = error === undefined ? {} : { error: describeError(error) };
        transcript.record({ kind: "closed", at: now(), connection, by, ...why });
      },
      over: () => {
        live.delete(line);
        isScheduled ||= line.isScheduled;
      },
    });
    open.add(line);
    live.add(line);
  });

  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(new CannotListen(`127.0.0.1:${port}`, error)));
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
      const matching = [...open].filter(({ connection }) => matches(connection));
      for (const line of matching) line.cut();
      return matching.length;
    },
    get lines() {
      return open.size;
    },
    settled: async () => {
      // Whoever asks may be hearing of a packet that is not on its way yet: let it go first.
      await undefined;
      let quiet = 0;
      for (let round = 1; round <= MAX_ROUNDS; round++) {
        const lines = [...live];
        if (isScheduled || !lines.every(({ isClear }) => isClear)) return false;
        const before = crossed();
        await Promise.all(lines.map((line) => line.hearOut()));
        quiet = crossed() === before ? quiet + 1 : 0;
        if (quiet === QUIET_ROUNDS) return true;
      }
      return false;
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
