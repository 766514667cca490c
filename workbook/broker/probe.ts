import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { generate, type Packet, parser } from "mqtt-packet";
import { type Diagnosis, diagnose } from "../troubles/diagnosis.ts";
import { diagnoseError } from "../troubles/from-error.ts";
import { diagnoseRefusal } from "../troubles/refusals.ts";
import { reason } from "../wire/describe.ts";

/** How long a broker may take to answer a CONNECT, in milliseconds. */
const PATIENCE = 3000;

export type ProbeResult = { readonly answer: "broker" } | ProbeFailure;

export interface ProbeFailure {
  /**
   * - `nothing`: nobody listens there, or nobody answers
   * - `stranger`: something listens that does not speak MQTT, or not in this way
   * - `untrusted`: it speaks TLS, and its certificate or ours does not do
   * - `refused`: a broker, but it will not have us
   */
  readonly answer: "nothing" | "stranger" | "untrusted" | "refused";
  /** What is wrong and why, in one sentence without a full stop. */
  readonly why: string;
  readonly trouble: Diagnosis;
}

/** Find out what listens at an address by sending a CONNECT and reading the CONNACK. Never rejects. */
export async function probeBroker(url: URL): Promise<ProbeResult> {
  const result = await sendConnect(url);
  if (result.answer !== "stranger" && result.answer !== "untrusted") return result;
  // A port that speaks TLS and a client that does not, or the other way round, hear only noise from
  // each other. Whether it is that is soon tried; not where a certificate was read, or nothing came.
  const { name } = result.trouble;
  const isNoise = ["closedOnConnect", "notMqtt", "tlsToPlainPort", "tlsFailed"].includes(name);
  if (!isNoise) return result;
  if (url.protocol === "mqtt:") {
    return (await speaksTls(url)) ? fail("stranger", diagnose("plainToTlsPort")) : result;
  }
  return (await speaksPlain(url)) ? fail("stranger", diagnose("tlsToPlainPort")) : result;
}

/** @param seen what happened, where the cause alone does not say it */
function fail(answer: ProbeFailure["answer"], trouble: Diagnosis, seen?: string): ProbeFailure {
  return { answer, trouble, why: seen ? `${seen}; ${trouble.cause}` : trouble.cause };
}

function sendConnect(url: URL): Promise<ProbeResult> {
  const tls = url.protocol === "mqtts:";
  const { address } = whereIs(url);
  return new Promise((resolve) => {
    const socket = tls ? openTls(url, true) : openPlain(url);
    // Also a TLS handshake that fails has reached somebody.
    let reached = false;
    let ready = false;
    const settle = (result: ProbeResult) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => {
      const late = `within ${PATIENCE / 1000} s`;
      if (!reached)
        settle(fail("nothing", diagnose("unreachable", { address }), `no answer ${late}`));
      else settle(fail("stranger", diagnose("noConnack"), `it sent no CONNACK ${late}`));
    }, PATIENCE);
    socket.once("connect", () => {
      reached = true;
    });
    socket.once(tls ? "secureConnect" : "connect", () => {
      ready = true;
      socket.write(generate(connectPacket(url), { protocolVersion: 5 }));
    });
    socket.on("error", (error) => settle(judgeError(error, tls && !ready, reached, address)));
    socket.on("close", () => settle(fail("stranger", diagnose("closedOnConnect"))));

    const decoder = parser({ protocolVersion: 5 });
    const stranger = () => settle(fail("stranger", diagnose("notMqtt"), "its answer is not MQTT"));
    decoder.on("packet", (packet) => settle(judge(packet)));
    decoder.on("error", stranger);
    socket.on("data", (chunk) => {
      // Only a CONNACK may come first, and its first byte is always 0x20 [MQTT-3.2.0-1].
      if (ready && decoder.parse(chunk) === 0 && chunk[0] !== 0x20) stranger();
    });
  });
}

function whereIs(url: URL): { host: string; port: number; address: string } {
  const port = Number(url.port) || (url.protocol === "mqtts:" ? 8883 : 1883);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return { host, port, address: `${url.hostname}:${port}` };
}

function openPlain(url: URL): Socket {
  const { host, port } = whereIs(url);
  return connectTcp(port, host);
}

function openTls(url: URL, rejectUnauthorized: boolean): Socket {
  const { host, port } = whereIs(url);
  return connectTls({ host, port, servername: isIP(host) ? "" : host, rejectUnauthorized });
}

/** Whether somebody completes a TLS handshake there, whatever the certificate. */
function speaksTls(url: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = openTls(url, false);
    const settle = (answer: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => settle(false), PATIENCE);
    socket.once("secureConnect", () => settle(true));
    socket.on("error", () => settle(false));
    socket.on("close", () => settle(false));
  });
}

async function speaksPlain(url: URL): Promise<boolean> {
  const { answer } = await sendConnect(new URL(`mqtt://${url.hostname}:${whereIs(url).port}`));
  return answer === "broker" || answer === "refused";
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

function judgeError(
  error: NodeJS.ErrnoException,
  inHandshake: boolean,
  reached: boolean,
  address: string,
): ProbeFailure {
  const trouble = diagnoseError(error);
  if (!reached) {
    if (trouble) return fail("nothing", trouble);
    return fail("nothing", diagnose("unreachable", { address }), error.message);
  }
  if (trouble?.name.startsWith("tls")) return fail("untrusted", trouble, error.code);
  if (inHandshake && trouble === undefined) {
    return fail("untrusted", diagnose("tlsFailed"), error.code ?? error.message);
  }
  return fail("stranger", diagnose("closedOnConnect"));
}

function judge(packet: Packet): ProbeResult {
  if (packet.cmd !== "connack") {
    const why = `it answered a CONNECT with ${packet.cmd.toUpperCase()}`;
    return fail("stranger", diagnose("notMqtt"), why);
  }
  const code = packet.reasonCode ?? packet.returnCode ?? 0;
  if (code === 0) return { answer: "broker" };
  const trouble = diagnoseRefusal(code);
  return fail("refused", trouble, reason(code));
}
