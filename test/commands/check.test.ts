import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { expectTold } from "../workbook/fixtures/last-words.ts";
import { type Ended, ProjectCopy } from "../workbook/fixtures/project-copy.ts";
import { scriptedBroker, usual } from "../workbook/fixtures/scripted-broker.ts";

// Each command runs as a learner runs it, in a process of its own.
const PATIENCE = 60_000;
const exercise = "exercises/01-basic-pubsub.ts";
const embedded = { WORKBOOK_BROKER: "embedded" };
const strangers: Server[] = [];
let project: ProjectCopy;

beforeAll(async () => {
  project = await ProjectCopy.make();
});
afterAll(async () => {
  for (const server of strangers) server.close();
  await project.remove();
});

/** Change the exercise for one test. */
async function edit(change: (text: string) => string): Promise<void> {
  const path = join(project.folder, exercise);
  const before = await readFile(path, "utf8");
  await writeFile(path, change(before));
  onTestFinished(() => writeFile(path, before));
}

/** Something that listens and is no MQTT broker. */
async function stranger(
  port: number,
  greet: (socket: Socket) => void,
): Promise<number | undefined> {
  const server: Server = createServer((socket) => {
    socket.on("error", () => {});
    greet(socket);
  });
  const listening = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => resolve(true));
  });
  const address = server.address();
  if (!listening || address === null || typeof address === "string") return undefined;
  strangers.push(server);
  return address.port;
}

function expectLines({ output }: Ended, ...lines: (string | RegExp)[]): void {
  for (const line of lines) expect(output).toMatch(line);
}

test.each([
  ["a command", ["workbook/cli/run.js", "start"]],
  ["a script", ["--import", "tsx", "solutions/01-basic-pubsub.ts"]],
])("%s whose reader has gone ends without a word", { timeout: PATIENCE }, async (_, words) => {
  const child = spawn(process.execPath, words, {
    cwd: project.folder,
    env: { ...process.env, ...embedded },
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.destroy();
  let complaint = "";
  child.stderr.on("data", (chunk) => {
    complaint += chunk;
  });
  const [code] = await once(child, "close");
  expect(complaint).toBe("");
  expect(code).toBe(141);
});

describe.concurrent("the exercises as they come", { timeout: PATIENCE }, () => {
  test("check says what to write first, and where", async () => {
    const ended = await project.run("check", ["01"], embedded);
    expectLines(ended, "· to do     createClient", /look at {4}exercises\/01-basic-pubsub.ts:\d+/);
    expect(ended.output).not.toMatch("✘");
    expect(ended.code).toBe(1);
  });

  test("a script says what to write first, and where", async () => {
    const ended = await project.run(exercise, [], embedded);
    expectLines(ended, /To do: createClient is yours to write: exercises\/01-basic-pubsub.ts:\d+/);
    expectLines(ended, "Next:  write it, then run  npx tsx exercises/01-basic-pubsub.ts");
    expect(ended.code).toBe(1);
  });

  test("start prints once and ends where there is no terminal", async () => {
    const ended = await project.run("start", [], embedded);
    expectLines(ended, "01 · Publish and subscribe", "createClient is yours to write");
    expect(ended.code).toBe(0);
  });

  test("the solution's script shows the wire", async () => {
    const ended = await project.run("solutions/01-basic-pubsub.ts", [], embedded);
    expectLines(ended, "Broker: Aedes", "hall-display -> broker  SUBSCRIBE", "co2-alarm sent");
    expect(ended.code).toBe(0);
  });
});

describe("trouble with the exercise", { timeout: PATIENCE }, () => {
  test("a right answer passes", async () => {
    await edit((text) =>
      text.replace(
        'throw new Todo("createClient")',
        "return connectAsync(brokerUrl, { clientId, protocolVersion: 5 })",
      ),
    );
    const ended = await project.run("check", ["createClient"], embedded);
    expectLines(ended, "✔ passed    createClient");
    expect(ended.code).toBe(0);
  });

  test("a wrong answer is explained, with the wire", async () => {
    await edit((text) =>
      text.replace(
        'throw new Todo("createClient")',
        "return connectAsync(brokerUrl, { clientId })",
      ),
    );
    const ended = await project.run("check", ["createClient"], embedded);
    expectLines(
      ended,
      "✘ createClient: your client speaks an older MQTT",
      "expected   → CONNECT with protocol version 5",
      "got        → CONNECT with protocol version 4",
      /wire {7}sensor-\w+ -> broker {2}CONNECT v3.1.1/,
      /look at {4}exercises\/01-basic-pubsub.ts:\d+/,
      "next       npm run hint createClient",
    );
    expect(ended.code).toBe(1);
  });

  test("a syntax error is one line, and nothing is judged", async () => {
    await edit((text) => text.replace('throw new Todo("createClient")', "return (;"));
    const ended = await project.run("check", ["01"], embedded);
    expectLines(ended, /✘ This is not valid TypeScript: .+/, /look at {4}exercises\/01.+:\d+/);
    expect(ended.output).not.toMatch("createClient");
    expect(ended.code).toBe(1);
  });

  test("a type error is one line, beside the verdict", async () => {
    await edit((text) => text.replace('throw new Todo("topicMatches")', "return 3"));
    const ended = await project.run("check", ["topicMatches"], embedded);
    expectLines(ended, /✘ The types do not fit: Type 'number' is not assignable/, "✘ not yet");
    expect(ended.code).toBe(1);
  });

  test("a deleted exercise is one line, with how to get it back", async () => {
    await edit((text) => text);
    await rm(join(project.folder, exercise));
    for (const command of ["check", "start"]) {
      const ended = await project.run(command, [], embedded);
      expect(ended.output.trim().split("\n")).toEqual([
        "Environment: exercises/01-basic-pubsub.ts is missing.",
        "Next:        git restore exercises/01-basic-pubsub.ts",
      ]);
      expect(ended.code).toBe(3);
    }
  });

  test.skipIf(process.platform === "win32")(
    "a signal ends it while it checks, and nothing is left",
    async () => {
      const temporary = await mkdtemp(join(tmpdir(), "workbook-test-"));
      onTestFinished(() => rm(temporary, { recursive: true }));
      await edit((text) =>
        text.replace('throw new Todo("createClient")', 'process.kill(process.ppid, "SIGTERM")'),
      );
      const ended = await project.run("check", ["01"], { ...embedded, TMPDIR: temporary });
      expect(ended.code).toBe(143);
      // What tsx has compiled is there for the next time.
      const left = (await readdir(temporary)).filter((name) => !name.startsWith("tsx-"));
      expect(left).toEqual([]);
    },
  );

  test("the broker goes away while it is checked", async ({ onTestFinished }) => {
    // The first client is the workbook's own, which looks whether there is a broker.
    const broker = await scriptedBroker((packet, peer) => {
      broker.stopListening();
      return usual(packet, peer);
    });
    onTestFinished(broker.close);
    await edit((text) => `${text}\n// An exercise that nobody has worked on is not checked.\n`);
    const ended = await project.run("check", ["createClient"], { MQTT_URL: broker.url });
    expectLines(ended, /\? createClient: the broker does not answer the check itself/);
    expectTold(ended.output.replace(/\n {13}/g, " "), "brokerGone");
    expect(ended.code).toBe(3);
  });

  test("an unknown function is a question of usage", async () => {
    const ended = await project.run("check", ["createCleint"], embedded);
    expectLines(ended, '"createCleint" is neither a module nor a function', "createClient");
    expect(ended.code).toBe(2);
  });

  test("two functions at a time are one too many", async () => {
    const ended = await project.run("check", ["01", "02"], embedded);
    expectLines(
      ended,
      'one module or function at a time, not "01 02"',
      "Next: npm run check -- 01",
    );
    expect(ended.code).toBe(2);
  });
});

describe.concurrent("trouble with the broker", { timeout: PATIENCE }, () => {
  const solution = "solutions/01-basic-pubsub.ts";

  test.each([
    [
      "nothing listens",
      "mqtt://127.0.0.1:1",
      /no broker at MQTT_URL \(127.0.0.1:1\): nothing listens/,
    ],
    ["no address", "localhost", /MQTT_URL is "localhost", which is no address of an MQTT broker/],
    ["another protocol", "http://127.0.0.1:80", /is no address of an MQTT broker/],
  ])("MQTT_URL: %s", async (_, MQTT_URL, line) => {
    for (const command of ["check", solution]) {
      const ended = await project.run(command, [], { MQTT_URL });
      expectLines(ended, line, /Next: +\S/);
      expect(ended.output.trim().split("\n")).toHaveLength(2);
      expect(ended.code).toBe(3);
    }
  });

  test("MQTT_URL: what listens speaks HTTP", async () => {
    const port = await stranger(0, (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const ended = await project.run("check", [], { MQTT_URL: `mqtt://127.0.0.1:${port}` });
    expectLines(ended, "does not answer as an MQTT broker: its answer is not MQTT");
    expect(ended.code).toBe(3);
  });

  test("MQTT_URL: what listens never answers", async () => {
    const port = await stranger(0, () => {});
    const ended = await project.run("check", [], { MQTT_URL: `mqtt://127.0.0.1:${port}` });
    expectLines(ended, "does not answer as an MQTT broker: it sent no CONNACK within 3 s");
    expect(ended.code).toBe(3);
  });

  test("MQTT_URL: the broker refuses", async () => {
    // CONNACK with reason code 135, Not authorized.
    const port = await stranger(0, (socket) =>
      socket.once("data", () => socket.write(Buffer.from([0x20, 3, 0, 135, 0]))),
    );
    const ended = await project.run("check", [], { MQTT_URL: `mqtt://127.0.0.1:${port}` });
    expectLines(ended, "refused us: 135 Not authorized", "mqtt://user:password@host:port");
    expect(ended.code).toBe(3);
  });

  test("port 1883 is taken by a stranger: a script says so and goes on", async (context) => {
    const port = await stranger(1883, (socket) => socket.end("220 mail\r\n"));
    if (port === undefined) context.skip("something else already listens on port 1883");
    const ended = await project.run(solution, [], { PATH: "" });
    expectLines(ended, "Note: port 1883 is taken by something we cannot use", "co2-alarm sent");
    expect(ended.code).toBe(0);
  });

  test("WORKBOOK_BROKER is no kind of broker", async () => {
    const ended = await project.run("check", [], { WORKBOOK_BROKER: "kafka" });
    expectLines(ended, 'WORKBOOK_BROKER is "kafka"', "docker, native or embedded");
    expect(ended.code).toBe(3);
  });

  test.each([{ WORKBOOK_BROKER: "docker" }, { REQUIRE_DOCKER: "1" }])(
    "Docker is required and cannot be used: %o",
    async (env) => {
      const ended = await project.run("check", [], { ...env, DOCKER_HOST: "unix:///nowhere.sock" });
      expectLines(ended, "Environment: DOCKER_HOST is unix:///nowhere.sock");
      expect(ended.code).toBe(3);
    },
  );

  test("Docker cannot be used: checks say so and go on", async () => {
    const env = { DOCKER_HOST: "unix:///nowhere.sock" };
    const ended = await project.run("check", ["topicMatches"], env);
    expectLines(ended, "Note: DOCKER_HOST is unix:///nowhere.sock", "· to do     topicMatches");
    expect(ended.code).toBe(1);
  });
});
