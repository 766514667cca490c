import { connect, type IClientOptions, type MqttClient } from "mqtt";
import { reason } from "../wire/describe.ts";

/** How long a broker may take to answer, in milliseconds. A busy one computes hashes for others first. */
const PATIENCE = 10_000;

/** What came of an attempt to connect. */
export interface Knock {
  /** Connected: the client. Whoever knocked ends it. */
  readonly client: MqttClient | undefined;
  /** For people: how the other side, or the client's own TLS, answered. e.g. `CONNACK 135 Not authorized` */
  readonly answer: string;
}

/**
 * Try to connect once, and tell what came of it: encrypted, so that only the two ends can know. Never
 * rejects.
 */
export function knock(url: string, options: IClientOptions): Promise<Knock> {
  return new Promise((resolve) => {
    const client = connect(url, { ...options, reconnectPeriod: 0, connectTimeout: PATIENCE });
    const refused = (answer: string) => {
      resolve({ client: undefined, answer });
      client.end(true);
    };
    client.once("connect", () => resolve({ client, answer: "CONNACK 0 Success" }));
    // Errors of a line that was up once are its user's business, and must not end the process.
    client.on("error", (error) => refused(describeRefusal(error)));
    client.once("close", () => refused("the line was closed"));
  });
}

/** Why a connection failed, in a few words: OpenSSL's own come with addresses and file names. */
export function describeRefusal(error: Error & { code?: string | number }): string {
  const { code, message } = error;
  if (typeof code === "number") return `CONNACK ${reason(code)}`;
  const alert = message.match(/\balert ([a-z][a-z ]+):/)?.[1];
  if (alert !== undefined) return `TLS alert: ${alert}`;
  if (code === "ECONNRESET" || code === "EPIPE") return "the line was closed";
  const [first = ""] = message.split("\n");
  return code === undefined ? first : String(code);
}
