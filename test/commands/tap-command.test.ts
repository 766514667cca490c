import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Broker } from "../../workbook/broker/broker.ts";
import { startEmbedded } from "../../workbook/broker/embedded.ts";
import { RawClient } from "../workbook/contract/raw-client.ts";
import { type Program, run } from "../workbook/fixtures/program.ts";
import { portOf } from "../workbook/wire/rig.ts";

const mosquittoClients = ["mosquitto_pub", "mosquitto_sub"].every((name) =>
  existsSync(`/usr/bin/${name}`),
);
const openssl = existsSync("/usr/bin/openssl");
const patient = { timeout: 30_000 };

let broker: Broker;
beforeAll(async () => {
  broker = await startEmbedded();
});
afterAll(() => broker.stop());

function runTap(args: readonly string[], env?: NodeJS.ProcessEnv): Program {
  return run(process.execPath, ["--import", "tsx", "workbook/cli/tap.ts", ...args], env);
}

/** The tap before the embedded broker, on a free port. */
async function openTapCommand(...args: string[]): Promise<{ tap: Program; port: string }> {
  const tap = runTap(["--broker", broker.url, "--listen", "0", ...args]);
  const [, port = ""] = await tap.printed(/Connect your program to mqtt:\/\/127\.0\.0\.1:(\d+)/);
  return { tap, port };
}

interface JsonLine {
  event: string;
  client: string | null;
  direction: string;
  type: string;
  size: number;
  fate: string;
  packet: Record<string, unknown>;
  bytes: string;
  time: number;
  connection: number;
}

function jsonLines(tap: Program): JsonLine[] {
  return tap.out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const flow = (lines: JsonLine[], client: string) =>
  lines
    .filter((line) => line.event === "packet" && line.client === client)
    .map((line) => `${line.direction === "to-broker" ? "->" : "<-"} ${line.type}`);

describe.concurrent("with mosquitto_pub and mosquitto_sub", {
  ...patient,
  skip: !mosquittoClients,
}, () => {
  const flows = [
    ["-> publish"],
    ["-> publish", "<- puback"],
    ["-> publish", "<- pubrec", "-> pubrel", "<- pubcomp"],
  ];

  test.each(["311", "5"])("-V %s: QoS 0, 1 and 2, every packet as it crosses", async (version) => {
    const { tap, port } = await openTapCommand("--json");
    const topic = `room-${version}/°C`;
    const options = ["-h", "127.0.0.1", "-p", port, "-V", version, "-t", topic];
    for (const qos of [0, 1, 2]) {
      const subscriber = run("mosquitto_sub", [
        ...[...options, "-i", `sub-${version}-${qos}`, "-q", String(qos), "-C", "1"],
      ]);
      await tap.printed(new RegExp(`"client":"sub-${version}-${qos}".*"type":"suback"`));
      const publisher = run("mosquitto_pub", [
        ...[...options, "-i", `pub-${version}-${qos}`, "-q", String(qos), "-m", `21.${qos} °`],
        ...["-u", "joe", "-P", "geheim"],
      ]);
      expect(await publisher.ended).toBe(0);
      expect(await subscriber.ended).toBe(0);
      expect(subscriber.out).toBe(`21.${qos} °\n`);
    }
    for (const client of [0, 1, 2].flatMap((qos) => [
      `pub-${version}-${qos}`,
      `sub-${version}-${qos}`,
    ])) {
      await tap.printed(new RegExp(`"event":"closed".*"client":"${client}"`));
    }
    tap.kill("SIGINT");
    expect(await tap.ended).toBe(0);

    const lines = jsonLines(tap);
    for (const qos of [0, 1, 2]) {
      expect(flow(lines, `pub-${version}-${qos}`)).toEqual([
        ...["-> connect", "<- connack"],
        ...(flows[qos] ?? []),
        "-> disconnect",
      ]);
      const published = lines.find(
        (line) => line.type === "publish" && line.client === `pub-${version}-${qos}`,
      );
      expect(published?.packet).toMatchObject({
        cmd: "publish",
        topic,
        qos,
        payload: { text: `21.${qos} °` },
      });
      expect(published?.bytes).toHaveLength(2 * (published?.size ?? 0));
      expect(published).toMatchObject({ fate: "passed", time: expect.any(Number) });
    }
    const [connect] = lines.filter(
      (line) => line.type === "connect" && line.client === `pub-${version}-0`,
    );
    expect(connect?.packet).toMatchObject({
      protocolVersion: version === "5" ? 5 : 4,
      password: "(hidden)",
    });
    expect(tap.out + tap.errors).not.toContain("geheim");
    expect(tap.out).not.toContain(Buffer.from("geheim").toString("hex"));
  });

  test.each(["311", "5"])(
    "-V %s: a cut before the PUBACK makes the publisher send again",
    async (version) => {
      const { tap, port } = await openTapCommand("--fault", `cut before puback to pub-${version}`);
      const subscriber = await RawClient.open(broker.url);
      await subscriber.subscribe(`twice/${version}`, { qos: 1 });
      const publisher = run("mosquitto_pub", [
        ...["-h", "127.0.0.1", "-p", port, "-V", version, "-t", `twice/${version}`, "-q", "1"],
        ...["-i", `pub-${version}`, "-l"],
      ]);
      publisher.type("hello\n");
      await tap.printed(/PUBACK #1 \(LINE CUT\)/);
      await tap.printed(/PUBLISH q1 #1 dup twice/);
      await tap.printed(/PUBACK #1,/);
      publisher.endInput();
      expect(await publisher.ended).toBe(0);
      const copies = [await subscriber.message(), await subscriber.message()];
      expect(copies.map(({ payload }) => payload.toString())).toEqual(["hello", "hello"]);
      await subscriber.disconnect();
      tap.kill("SIGTERM");
      expect(await tap.ended).toBe(0);
      expect(tap.out).toContain(`pub-${version}    broker  line cut by the tap`);
    },
  );

  test("a cut before the subscriber's PUBACK makes the broker deliver again, with DUP", async () => {
    const { tap, port } = await openTapCommand("--fault", "cut before puback from forgetful");
    const subscriber = run("mosquitto_sub", [
      ...["-h", "127.0.0.1", "-p", port, "-V", "311", "-t", "again", "-q", "1"],
      ...["-i", "forgetful", "-c", "-C", "2"],
    ]);
    await tap.printed(/SUBACK/);
    const publisher = await RawClient.open(broker.url);
    await publisher.publish("again", "hello", { qos: 1 });
    expect(await subscriber.ended).toBe(0);
    expect(subscriber.out).toBe("hello\nhello\n");
    await tap.printed(/forgetful <- broker {2}PUBLISH q1 #\d+ again, \d+ B/);
    await tap.printed(/forgetful <- broker {2}PUBLISH q1 #\d+ dup again, \d+ B/);
    await publisher.disconnect();
  });

  test("a held SUBACK keeps the subscriber waiting until Enter is pressed", async () => {
    const { tap, port } = await openTapCommand("--fault", "hold suback");
    const subscriber = run("mosquitto_sub", [
      ...["-h", "127.0.0.1", "-p", port, "-i", "waiting", "-t", "a", "-E"],
    ]);
    await tap.printed(/SUBACK #1 granted q0 \(HELD\), 5 B/);
    tap.type("\n");
    await tap.printed(/SUBACK #1 granted q0, 5 B, released/);
    expect(await subscriber.ended).toBe(0);
  });

  test("a refused connection, and the next one that gets through", async () => {
    const { tap, port } = await openTapCommand("--fault", "refuse next connection");
    const args = ["-h", "127.0.0.1", "-p", port, "-i", "lucky", "-t", "a", "-m", "x"];
    expect(await run("mosquitto_pub", args).ended).not.toBe(0);
    expect(await run("mosquitto_pub", args).ended).toBe(0);
    await tap.printed(/connection 1 {4}broker {2}connection refused by the tap/);
    await tap.printed(/lucky +-> broker {2}PUBLISH q0 a/);
  });
});

describe.concurrent("the end", patient, () => {
  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "on %s: lines are closed, bytes are counted, the exit code is 0",
    async (signal) => {
      const { tap, port } = await openTapCommand("--fault", "drop pubrel");
      const id = `ended-by-${signal}`;
      const client = await RawClient.open(`mqtt://127.0.0.1:${port}`, {
        clientId: id,
        protocolVersion: 4,
      });
      await client.publish("a/b", "x", { qos: 1 });
      await tap.printed(/PUBACK/);
      tap.kill(signal);
      expect(await client.ended()).toBe("closed");
      expect(await tap.ended).toBe(0);
      expect(tap.errors).toBe("");
      expect(tap.out).toBe(
        [
          `Broker: ${new URL(broker.url).host}`,
          `Connect your program to mqtt://127.0.0.1:${port}. Ctrl-C ends the tap.`,
          `${id} -> broker  CONNECT v3.1.1 ${id} clean, ${14 + id.length} B`,
          `${id} <- broker  CONNACK accepted, 4 B`,
          `${id} -> broker  PUBLISH q1 #1 a/b, 10 B`,
          `${id} <- broker  PUBACK #1, 4 B`,
          "",
          `${id} sent 2 packets, ${24 + id.length} B and received 2 packets, 8 B`,
          "Faults that struck: 0 of 1.",
          "",
        ].join("\n"),
      );
    },
  );

  test("with --mermaid the standard output holds the diagram alone", async () => {
    const { tap, port } = await openTapCommand("--mermaid");
    const client = await RawClient.open(`mqtt://127.0.0.1:${port}`, { clientId: "sensor-1" });
    await client.ping();
    await tap.printed(/PINGRESP/);
    tap.kill("SIGINT");
    expect(await tap.ended).toBe(0);
    expect(tap.out.split("\n").map((line) => line.replace(/\(\d+ B\)/, "(n B)"))).toEqual([
      "sequenceDiagram",
      "  participant client1 as sensor-1",
      "  participant broker",
      "  client1->>broker: CONNECT v5 sensor-1 clean (n B)",
      "  broker->>client1: CONNACK accepted (n B)",
      "  client1->>broker: PINGREQ (n B)",
      "  broker->>client1: PINGRESP (n B)",
      "",
    ]);
  });

  test("with nothing seen", async () => {
    const { tap } = await openTapCommand();
    tap.kill("SIGINT");
    expect(await tap.ended).toBe(0);
    expect(tap.out).toMatch(/\n\nNo packet crossed the tap\.\n$/);
  });

  test("when whoever reads the output has gone", async () => {
    const tap = `"${process.execPath}" --import tsx workbook/cli/tap.ts`;
    const shell = run("/bin/sh", [
      "-c",
      `${tap} --broker ${broker.url} --listen 0 | { read broker; read connect; echo "$connect" >&2; }`,
    ]);
    const [, port] = await shell.printed(/mqtt:\/\/127\.0\.0\.1:(\d+)/);
    const client = connect(Number(port), "127.0.0.1");
    client.on("error", () => {});
    client.write(Buffer.from([0xc0, 0x00]));
    await once(client, "close");
    expect(await shell.ended).toBe(0);
  });
});

describe.concurrent("JSON", patient, () => {
  test("holds bytes that are no text, garbage, and packets that waited", async () => {
    const { tap, port } = await openTapCommand("--json", "--fault", "hold puback until pingreq");
    const client = await RawClient.open(`mqtt://127.0.0.1:${port}`, { clientId: "raw" });
    const publish = client.publishPacket("bin", "", { qos: 1 });
    client.send({ ...publish, payload: Buffer.from([0xff, 0x00]) });
    await tap.printed(/"fate":"held"/);
    await client.ping();
    await tap.printed(/"event":"settled"/);
    client.write(Buffer.from("\0garbage"));
    await tap.printed(/"not MQTT"/);
    tap.kill("SIGINT");
    expect(await tap.ended).toBe(0);
    const lines = jsonLines(tap);
    const of = (type: string) => lines.filter((line) => line.type === type);
    expect(of("publish")[0]?.packet.payload).toEqual({ base64: "/wA=" });
    expect(of("puback").map(({ event, fate }) => [event, fate])).toEqual([
      ["packet", "held"],
      ["settled", "passed"],
    ]);
    expect(lines.find((line) => line.type === null && line.event === "packet")).toMatchObject({
      problem: "not MQTT",
      bytes: Buffer.from("\0garbage").toString("hex"),
    });
    expect(lines[0]).toMatchObject({ event: "opened", connection: 1, client: null });
  });

  test("shows nothing that may hold a password", async () => {
    const { tap, port } = await openTapCommand("--json");
    const socket = connect(Number(port), "127.0.0.1");
    socket.on("error", () => {});
    // A CONNECT with an impossible protocol name, then the same cut off in the middle.
    const secret = Buffer.from("geheim");
    const connectPacket = Buffer.concat([
      Buffer.from([0x10, 20, 0, 4]),
      Buffer.from("XXXX"),
      secret,
    ]);
    socket.end(connectPacket);
    await once(socket, "close");
    const stranger = connect(Number(port), "127.0.0.1");
    stranger.on("error", () => {});
    stranger.end(Buffer.concat([Buffer.from("\0"), secret]));
    await once(stranger, "close");
    await tap.printed(/"event":"closed".*"connection":2,/);
    tap.kill("SIGINT");
    expect(await tap.ended).toBe(0);
    expect(tap.out).toContain(`"bytes":"1014000458585858${"2a".repeat(secret.length)}"`);
    expect(tap.out).toContain(`"bytes":"${"2a".repeat(1 + secret.length)}"`);
    expect(tap.out).not.toContain(secret.toString("hex"));
  });
});

describe.concurrent(
  "what cannot be done is said in a line, with the right exit code",
  patient,
  () => {
    test.each<[string, string[], number, string]>([
      ["an unknown option", ["--bogus"], 2, "Unknown option '--bogus'."],
      ["an argument", ["extra"], 2, "Unexpected argument 'extra'."],
      ["no value", ["--fault"], 2, "Option '--fault <value>' argument missing."],
      ["a bad fault", ["--fault", "lose publish"], 2, 'got "lose" in "lose publish".'],
      ["a bad port", ["--listen", "65536"], 2, "--listen 65536 is no port."],
      ["no address", ["--broker", "nonsense"], 2, "--broker nonsense is no address of a broker."],
      ["a password in it", ["--broker", "x://u:geheim@h"], 2, "--broker x://u:…@h is no address"],
      ["two formats", ["--json", "--mermaid"], 2, "--mermaid and --json are both given."],
      [
        "no broker there",
        ["--broker", "mqtt://127.0.0.1:1"],
        3,
        "no broker at 127.0.0.1:1: nothing",
      ],
    ])("%s", async (_what, args, code, message) => {
      const tap = runTap(args);
      expect(await tap.ended).toBe(code);
      expect(tap.out).toBe("");
      expect(tap.errors).toContain(message);
      expect(tap.errors).toMatch(/^.+\nNext: .+\n$/);
    });

    test("a port that is taken", async () => {
      const holder = createServer().listen(0, "127.0.0.1");
      await once(holder, "listening");
      const port = portOf(holder);
      const tap = runTap(["--broker", broker.url, "--listen", String(port)]);
      expect(await tap.ended).toBe(3);
      expect(tap.errors).toContain(`the tap cannot listen on 127.0.0.1:${port}: another program`);
      holder.close();
    });

    test("a port that is taken, when a broker was started for the tap: it is stopped", async () => {
      const holder = createServer().listen(0, "127.0.0.1");
      await once(holder, "listening");
      const tap = runTap(["--listen", String(portOf(holder))], {
        WORKBOOK_BROKER: "embedded",
        MQTT_URL: "",
      });
      expect(await tap.ended).toBe(3);
      holder.close();
    });

    test("--help", async () => {
      const tap = runTap(["--help"]);
      expect(await tap.ended).toBe(0);
      expect(tap.out).toContain('--fault "drop puback"');
      for (const line of tap.out.split("\n")) expect(line.length).toBeLessThanOrEqual(105);
    });

    test("something else than a broker is tapped all the same", async () => {
      const web = createServer((socket) => {
        socket.on("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
        socket.on("error", () => {});
      }).listen(0, "127.0.0.1");
      await once(web, "listening");
      const tap = runTap(["--broker", `mqtt://127.0.0.1:${portOf(web)}`, "--listen", "0"]);
      await tap.printed(/does not look like a broker: its answer is not MQTT/);
      const [, port] = await tap.printed(/127\.0\.0\.1:(\d+)\. Ctrl-C/);
      await expect(RawClient.open(`mqtt://127.0.0.1:${port}`)).rejects.toThrow("connection");
      tap.kill("SIGINT");
      expect(await tap.ended).toBe(0);
      web.close();
    });
  },
);

test.concurrent("a broker behind TLS", { ...patient, skip: !openssl }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "tap-tls-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-keyout", key, "-out", cert, "-days", "1", "-subj", "/CN=localhost"],
      ...["-addext", "subjectAltName=DNS:localhost"],
    ],
    { stdio: "ignore" },
  );
  const options = { key: readFileSync(key), cert: readFileSync(cert) };
  const server = createTlsServer(options, (socket) => {
    const inner = connect(Number(new URL(broker.url).port), "127.0.0.1");
    socket.on("error", () => inner.destroy());
    inner.on("error", () => socket.destroy());
    socket.pipe(inner).pipe(socket);
  });
  server.listen(0, "localhost");
  await once(server, "listening");
  const url = `mqtts://localhost:${portOf(server)}`;

  const trusting = runTap(["--broker", url, "--listen", "0"], { NODE_EXTRA_CA_CERTS: cert });
  const [, port] = await trusting.printed(/mqtt:\/\/127\.0\.0\.1:(\d+)/);
  const client = await RawClient.open(`mqtt://127.0.0.1:${port}`, { clientId: "secure" });
  await client.publish("a", "x", { qos: 2 });
  await client.disconnect();
  await trusting.printed(/secure <- broker {2}PUBCOMP #1, \d B/);
  trusting.kill("SIGINT");
  expect(await trusting.ended).toBe(0);

  const wary = runTap(["--broker", url, "--listen", "0"]);
  expect(await wary.ended).toBe(3);
  expect(wary.errors).toMatch(
    /the broker at localhost:\d+ cannot be trusted: DEPTH_ZERO_SELF_SIGNED_CERT/,
  );
  server.close();
  rmSync(folder, { recursive: true });
});
