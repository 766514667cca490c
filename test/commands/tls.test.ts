import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type TlsOptions } from "node:tls";
import { connectAsync } from "mqtt";
import { afterAll, beforeAll, describe, expect, inject, type TestContext, test } from "vitest";
import { probeBroker } from "../../workbook/broker/probe.ts";
import {
  type Credentials,
  createAuthority,
  openAuthority,
} from "../../workbook/security/certificates.ts";
import type { TroubleName } from "../../workbook/troubles/table.ts";
import { expectTold, lastWords } from "../workbook/fixtures/last-words.ts";
import { ProjectCopy } from "../workbook/fixtures/project-copy.ts";
import { scriptedBroker, usual } from "../workbook/fixtures/scripted-broker.ts";
import { selfSigned } from "../workbook/fixtures/self-signed.ts";

const PATIENCE = 120_000;
const yesterday = new Date(Date.now() - 86_400_000);
const tomorrow = new Date(Date.now() + 86_400_000);
const lastYear = new Date(Date.now() - 365 * 86_400_000);
const nextYear = new Date(Date.now() + 365 * 86_400_000);

const localhost = { name: "broker", hosts: ["localhost"] };
const authority = await createAuthority("authority");
const good = await selfSigned("localhost");
const signed = await authority.issue(localhost);

let project: ProjectCopy;
beforeAll(async () => {
  project = await ProjectCopy.make();
});
afterAll(() => project.remove());

/** The broker under test, behind TLS. Its port. */
async function behindTls(
  { onTestFinished }: TestContext,
  { certificate, key }: Credentials,
  options: TlsOptions = {},
): Promise<number> {
  const server = createServer({ cert: certificate, key, ...options }, (socket) => {
    const inner = connect(Number(new URL(inject("broker").url).port), "127.0.0.1");
    socket.on("error", () => inner.destroy());
    inner.on("error", () => socket.destroy());
    socket.pipe(inner).pipe(socket);
  });
  server.on("tlsClientError", () => {});
  server.listen(0, "localhost");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening");
  return address.port;
}

/** A file that NODE_EXTRA_CA_CERTS may name. */
function certificateFile({ onTestFinished }: TestContext, cert: string): string {
  const folder = mkdtempSync(join(tmpdir(), "workbook-tls-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "cert.pem"), cert);
  return join(folder, "cert.pem");
}

/** What the command says of the broker at this address. */
async function checkWith(url: string, env: NodeJS.ProcessEnv = {}) {
  return project.run("check", ["topicMatches"], { MQTT_URL: url, ...env });
}

describe.concurrent("the broker of MQTT_URL", { timeout: PATIENCE }, () => {
  test.for<[string, TroubleName, Promise<Credentials> | Credentials, string | undefined, RegExp]>([
    ["made by itself", "tlsSelfSigned", good, undefined, /DEPTH_ZERO_SELF_SIGNED_CERT/],
    ["of an unknown authority", "tlsUnknownIssuer", signed, undefined, /UNABLE_TO_VERIFY/],
    [
      "of an unknown authority that is sent along",
      "tlsUnknownIssuer",
      { key: signed.key, certificate: signed.certificate + authority.certificate },
      undefined,
      /SELF_SIGNED_CERT_IN_CHAIN/,
    ],
    [
      "signed by one that may not sign",
      "tlsFailed",
      openAuthority(signed).then(({ issue }) => issue({ ...localhost, name: "other" })),
      signed.certificate,
      /INVALID_|UNSPECIFIED/,
    ],
    [
      "that has expired",
      "tlsExpired",
      authority.issue({ ...localhost, from: lastYear, until: yesterday }),
      authority.certificate,
      /CERT_HAS_EXPIRED/,
    ],
    [
      "that is not yet valid",
      "tlsNotYetValid",
      authority.issue({ ...localhost, from: tomorrow, until: nextYear }),
      authority.certificate,
      /CERT_NOT_YET_VALID/,
    ],
    [
      "for other names",
      "tlsNameMismatch",
      authority.issue({ name: "broker", hosts: ["broker.example", "mqtt.example"] }),
      authority.certificate,
      /is for broker\.example, mqtt\.example, and the address says localhost/,
    ],
  ])("a certificate %s", async ([, name, credentials, trusted, seen], context) => {
    const port = await behindTls(context, await credentials);
    const env =
      trusted === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificateFile(context, trusted) };
    const { output, code } = await checkWith(`mqtts://localhost:${port}`, env);
    expectTold(output, name);
    expect(output).toMatch(seen);
    expect(output).toContain(`the broker at MQTT_URL (localhost:${port}) cannot be trusted`);
    expect(code).toBe(3);
  });

  test.for([
    ["itself", good, good.certificate],
    ["its authority", signed, authority.certificate],
  ] as const)(
    "what it says to do helps: to trust %s",
    async ([, credentials, trusted], context) => {
      const port = await behindTls(context, credentials);
      const env = { NODE_EXTRA_CA_CERTS: certificateFile(context, trusted) };
      const { output, code } = await project.run("solutions/01-basic-pubsub.ts", [], {
        MQTT_URL: `mqtts://localhost:${port}`,
        // Both of these have the one broker, and a client id is taken over there.
        WORKBOOK_PREFIX: `${port}-`,
        ...env,
      });
      expect(output).toContain("co2-alarm sent");
      expect(code).toBe(0);
    },
  );

  test("it wants a certificate of ours", async (context) => {
    const wanting = { requestCert: true, ca: [authority.certificate] };
    const port = await behindTls(context, good, wanting);
    const env = { NODE_EXTRA_CA_CERTS: certificateFile(context, good.certificate) };
    const { output, code } = await checkWith(`mqtts://localhost:${port}`, env);
    expectTold(output, "tlsClientCertificate");
    expect(code).toBe(3);
  });

  test("it speaks an older TLS than we may", async (context) => {
    const port = await behindTls(context, good, { maxVersion: "TLSv1.2" });
    const env = {
      NODE_EXTRA_CA_CERTS: certificateFile(context, good.certificate),
      NODE_OPTIONS: "--tls-min-v1.3",
    };
    const { output, code } = await checkWith(`mqtts://localhost:${port}`, env);
    expectTold(output, "tlsFailed");
    expect(code).toBe(3);
  });

  test("mqtt:// to a port that speaks TLS", async (context) => {
    const port = await behindTls(context, good);
    const { output, code } = await checkWith(`mqtt://localhost:${port}`);
    expectTold(output, "plainToTlsPort");
    expect(code).toBe(3);
  });

  test("mqtts:// to a port that speaks plain MQTT", async () => {
    const { port } = new URL(inject("broker").url);
    const { output, code } = await checkWith(`mqtts://localhost:${port}`);
    expectTold(output, "tlsToPlainPort");
    expect(code).toBe(3);
  });
});

test("the probe takes noise for what it is where neither way leads to a broker", {
  timeout: PATIENCE,
}, async ({ onTestFinished }) => {
  const closing = await scriptedBroker(() => "close");
  onTestFinished(closing.close);
  const found = await probeBroker(new URL(closing.url));
  expect(found).toMatchObject({ answer: "stranger", trouble: { name: "closedOnConnect" } });
});

describe("a script that connects on its own", { timeout: PATIENCE }, () => {
  const words = (url: string, options = {}) =>
    lastWords(inject("broker").url, async () => {
      await connectAsync(url, { reconnectPeriod: 0, connectTimeout: PATIENCE, ...options });
    });

  test("to a certificate that it does not trust", async (context) => {
    const port = await behindTls(context, good);
    expectTold(await words(`mqtts://localhost:${port}`), "tlsSelfSigned");
  });

  test("under another name than the certificate's", async (context) => {
    const port = await behindTls(context, good);
    const told = await words(`mqtts://localhost:${port}`, {
      ca: good.certificate,
      servername: "broker.example",
    });
    expectTold(told, "tlsNameMismatch");
    expect(told).toContain("the certificate is for localhost, and the address says broker.example");
  });

  test("with TLS to a plain port that answers", async ({ onTestFinished }) => {
    // Most brokers close the line on such noise; one that answers in plain text is told at once.
    const plain = await scriptedBroker(usual);
    onTestFinished(plain.close);
    const { port } = new URL(plain.url);
    const told = await words(`mqtts://127.0.0.1:${port}`);
    expectTold(told, "connectionLost");
  });
});
