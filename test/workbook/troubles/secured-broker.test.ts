import { connectAsync, type MqttClient } from "mqtt";
import { describe, expect, onTestFinished, test } from "vitest";
import { ConfigurationRefused } from "../../../workbook/broker/configuration-refused.ts";
import { dockerProblem } from "../../../workbook/broker/docker-problem.ts";
import { startMosquitto } from "../../../workbook/broker/mosquitto.ts";
import { findMosquitto } from "../../../workbook/broker/native.ts";
import { createAuthority } from "../../../workbook/security/certificates.ts";
import { knock } from "../../../workbook/security/knock.ts";
import { diagnoseError } from "../../../workbook/troubles/from-error.ts";

const PATIENCE = 60_000;
/** Whether a Mosquitto can be had here at all. */
const available = findMosquitto() !== undefined || (await dockerProblem()) === undefined;
const yesterday = new Date(Date.now() - 86_400_000);
const lastYear = new Date(Date.now() - 365 * 86_400_000);

/** A Mosquitto with these lines in its configuration and these files. */
async function mosquitto(
  lines: string,
  files: Record<string, string> = {},
): Promise<{ port: number }> {
  const broker = await startMosquitto({
    files,
    configuration: ({ path }) =>
      `log_dest stderr\nallow_anonymous true\nlistener 1883\n${lines.replace(/<([^>]+)>/g, (_, name) => path(name))}\n`,
  });
  onTestFinished(() => broker.stop());
  return { port: broker.ports.get(1883) ?? 0 };
}

/** A client of a Mosquitto with this file of access rules. */
async function connected(acl: string): Promise<MqttClient> {
  const { port } = await mosquitto("acl_file <acl>", { acl });
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5 });
  onTestFinished(() => client.endAsync(true));
  return client;
}

// What no broker says that lets everybody in.
describe.skipIf(!available)("a Mosquitto that keeps strangers out", { timeout: PATIENCE }, () => {
  test("says whose certificate it does not take, and why", async () => {
    const [ours, others] = await Promise.all([createAuthority("ours"), createAuthority("others")]);
    const server = await ours.issue({ name: "broker", hosts: ["127.0.0.1"] });
    const { port } = await mosquitto(
      "certfile <b.crt>\nkeyfile <b.key>\ncafile <ca.crt>\nrequire_certificate true",
      { "b.crt": server.certificate, "b.key": server.key, "ca.crt": ours.certificate },
    );
    const expired = { name: "late", from: lastYear, until: yesterday };
    for (const [credentials, name] of [
      [await others.issue({ name: "stranger" }), "tlsClientUnknownAuthority"],
      [await ours.issue(expired), "tlsClientExpired"],
    ] as const) {
      const refused = await connectAsync(`mqtts://127.0.0.1:${port}`, {
        ca: ours.certificate,
        cert: credentials.certificate,
        key: credentials.key,
        reconnectPeriod: 0,
        // With TLS 1.3 the CONNECT is under way when the alert comes, which may be lost by that.
        ...{ maxVersion: "TLSv1.2" },
      }).catch((error) => error);
      expect(diagnoseError(refused)?.name).toBe(name);
    }
  });

  // Closes the line of one client too many.
  test("connectionLimit", async () => {
    const { port } = await mosquitto("max_connections 2");
    const answers: string[] = [];
    // Mosquitto 2.0.11 counts one that has ended more than once, so that more get in than should; and
    // those that asked whether it is there yet may still count.
    for (const _ of Array(10)) {
      const { client, answer } = await knock(`mqtt://127.0.0.1:${port}`, {});
      onTestFinished(() => void client?.end(true));
      answers.push(answer);
    }
    expect(new Set(answers)).toEqual(new Set(["CONNACK 0 Success", "the line was closed"]));
  });

  // Grants what nobody may read.
  test("silentSubscription", async () => {
    const client = await connected("topic write secret/#\ntopic readwrite open/#\n");
    const got = new Promise((resolve) => client.on("message", resolve));
    const granted = await client.subscribeAsync(["secret/#", "open/#"], { qos: 1 });
    expect(granted.map(({ qos }) => qos)).toEqual([1, 1]);
    await client.publishAsync("secret/hall", "unheard", { qos: 1 });
    await client.publishAsync("open/hall", "heard", { qos: 1 });
    expect(await got).toBe("open/hall");
  });

  // Keeps what anybody left.
  test("retainedKept", async () => {
    const client = await connected("topic readwrite open/#\n");
    await client.publishAsync("open/hall", "planted", { qos: 1, retain: true });
    const got = new Promise((resolve) => {
      client.on("message", (topic, payload, { retain }) => resolve([topic, `${payload}`, retain]));
    });
    await client.subscribeAsync("open/#", { qos: 1 });
    expect(await got).toEqual(["open/hall", "planted", true]);
  });

  // Does not start with a file that it may not read.
  test("unreadableFile", async () => {
    const starting = mosquitto("password_file /root/passwords");
    await expect(starting).rejects.toThrow(ConfigurationRefused);
    await expect(starting).rejects.toHaveProperty(
      "complaint",
      expect.stringContaining("Unable to open pwfile"),
    );
  });
});
