import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import { generate, type Packet, parser } from "mqtt-packet";
import { reason } from "../wire/describe.ts";

/** How long a broker may take to answer a CONNECT, in milliseconds. */
const PATIENCE = 3000;

export type ProbeResult =
  | { readonly answer: "broker" }
  /** Nothing listens there. */
  | { readonly answer: "nothing"; readonly why: string }
  /** Something listens that does not speak MQTT. */
  | { readonly answer: "stranger"; readonly why: string }
  /** A broker, but it will not have us. */
  | { readonly answer: "refused"; readonly why: string };

/** Find out what listens at an address by sending a CONNECT and reading the CONNACK. Never rejects. */
export function probeBroker(url: URL): Promise<ProbeResult> {
  const tls = url.protocol === "mqtts:";
  const port = Number(url.port) || (tls ? 8883 : 1883);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return new Promise((resolve) => {
    const socket = tls ? connectTls(port, host, { servername: host }) : connectTcp(port, host);
    let connected = false;
    const settle = (result: ProbeResult) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => {
      const why = connected ? "it sent no CONNACK" : "no answer to the connection";
      settle({
        answer: connected ? "stranger" : "nothing",
        why: `${why} within ${PATIENCE / 1000} s`,
      });
    }, PATIENCE);
    socket.once(tls ? "secureConnect" : "connect", () => {
      connected = true;
      socket.write(generate(connectPacket(url), { protocolVersion: 5 }));
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "ECONNREFUSED" ? "nothing listens there" : error.message;
      settle({ answer: connected ? "stranger" : "nothing", why });
    });
    socket.on("close", () =>
      settle({ answer: "stranger", why: "it closed the line on a CONNECT" }),
    );

    const decoder = parser({ protocolVersion: 5 });
    decoder.on("packet", (packet) => settle(judge(packet)));
    decoder.on("error", () => settle({ answer: "stranger", why: "its answer is not MQTT" }));
    socket.on("data", (chunk) => {
      // Only a CONNACK may come first, and its first byte is always 0x20 [MQTT-3.2.0-1].
      if (connected && decoder.parse(chunk) === 0 && chunk[0] !== 0x20) {
        settle({ answer: "stranger", why: "its answer is not MQTT" });
      }
    });
  });
}

function connectPacket(url: URL): Packet {
  const username = decodeURIComponent(url.username);
  return {
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 5,
    clientId: `workbook-probe-${process.pid}-${Date.now().toString(36)}`,
    clean: true,
    keepalive: 10,
    ...(username && { username, password: Buffer.from(decodeURIComponent(url.password)) }),
  };
}

function judge(packet: Packet): ProbeResult {
  if (packet.cmd !== "connack") {
    return { answer: "stranger", why: `it answered a CONNECT with ${packet.cmd.toUpperCase()}` };
  }
  const code = packet.reasonCode ?? packet.returnCode ?? 0;
  return code === 0 ? { answer: "broker" } : { answer: "refused", why: reason(code) };
}
