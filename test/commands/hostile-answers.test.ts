import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CheckResult, Explanation } from "../../workbook/checks/contract.ts";
import { root } from "../../workbook/modules.ts";

const PATIENCE = 300_000;

const flooding = "floods every topic it can find";

/** What a publishSensorData does that nobody should do, and what its author reads. */
const bodies: [name: string, body: string, expected: Partial<Explanation>][] = [
  ["throws", "throw new Error('oops');", { got: "Error: oops" }],
  [
    "never settles",
    "await new Promise(() => {});",
    {
      headline: "publishSensorData did not finish",
      // The neighbours may leave too little of the machine to know for sure that nothing more can come.
      got: expect.stringMatching(/^neither, (and nothing more can come|within 4 s)/),
    },
  ],
  [
    "throws in a callback",
    "setImmediate(() => { throw new Error('later'); }); await new Promise(() => {});",
    { headline: "publishSensorData threw an error", got: "Error: later" },
  ],
  [
    "leaves a rejection to nobody",
    "Promise.reject(new Error('lost')); await new Promise(() => {});",
    { headline: "publishSensorData threw an error", got: "Error: lost" },
  ],
  [
    "connects to nobody",
    "await connectAsync('mqtt://127.0.0.1:1');",
    {
      headline: "publishSensorData threw an error",
      why: expect.stringContaining("nothing listens at 127.0.0.1:1"),
    },
  ],
  [
    "throws itself out, again and again",
    `for (const i of [1, 2]) await connectAsync({ ...client.options, reconnectPeriod: 20 + i });
     await new Promise(() => {});`,
    {
      headline: "publishSensorData did not finish",
      why: expect.stringContaining("two clients use the client id"),
    },
  ],
  [
    "exits",
    "process.exit(0);",
    { headline: "publishSensorData ended the whole process", got: "process.exit(0)" },
  ],
  [
    "kills its process",
    "process.kill(process.pid, 'SIGKILL');",
    {
      headline: "the process ended while this check ran",
      got: "no verdict: the process was gone",
    },
  ],
  [
    "loops for ever",
    "for (;;) {}",
    {
      headline: "publishSensorData never lets go of the thread",
      got: "a loop without a pause, in publishSensorData",
    },
  ],
  [
    "loops in microtasks",
    "for (;;) await null;",
    { headline: "publishSensorData never lets go of the thread" },
  ],
  [
    "uses up the memory",
    "const hoard = []; for (;;) hoard.push(new Array(1e6).fill(hoard.length));",
    {},
  ],
  ["closes the line", "client.stream.destroy(); await new Promise(() => {});", {}],
  [
    flooding,
    `const topics = new Set(["sensors/flood/hall"]);
     client.on("message", (topic) => topics.add(topic));
     client.subscribe("#");
     const flood = () => { for (const topic of topics) client.publish(topic, "{}", { qos: 1 }); };
     setInterval(() => { for (let i = 0; i < 100; i++) flood(); }, 10);
     await new Promise(() => {});`,
    {},
  ],
  [
    "changes globals",
    `JSON.stringify = () => "{}"; Array.prototype.map = () => []; Date.now = () => 0;
     Promise.prototype.finally = () => { throw new Error("no"); };`,
    {
      headline: "publishSensorData changes what all code shares",
      got: "another JSON.stringify, another Array.prototype.map, another Date.now, another Promise.prototype.finally",
    },
  ],
  ["leaves timers", "setInterval(() => {}, 1); setInterval(() => client.publish('x', ''), 5);", {}],
];

/** What whole files do while they load. */
const files: [name: string, topLevel: string, expected: Partial<Explanation>][] = [
  [
    "never finishes loading",
    "await new Promise(() => {});",
    { headline: "never-finishes-loading.ts did not finish loading" },
  ],
  ["throws while it loads", "throw new Error('at once');", { got: "Error: at once" }],
];

/** The answers lie outside of the project, where its packages have no names. */
const library = pathToFileURL(createRequire(import.meta.url).resolve("mqtt")).href;

let folder: string;
let results: readonly CheckResult[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "workbook-hostile-"));
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  const written = new Map<string, string>();
  for (const [name, body] of bodies) {
    const text = `export async function publishSensorData(client) { ${body} }`;
    written.set(name, await writeAnswers(name, text));
  }
  for (const [name, topLevel] of files) written.set(name, await writeAnswers(name, topLevel));
  // It takes the broker of all who share one, so it gets one of its own.
  const flood = written.get(flooding) ?? "";
  const others = [...written.values()].filter((file) => file !== flood);
  results = [...(await judge(others)), ...(await judge([flood]))];
}, PATIENCE);

async function judge(paths: readonly string[]): Promise<CheckResult[]> {
  const script = join(root, "test/workbook/fixtures/judge.ts");
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--import", "tsx", script, ...paths],
    { cwd: root, maxBuffer: 2 ** 26 },
  );
  return JSON.parse(stdout);
}

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Module 1 with all its answers right, but for what is said here. */
async function writeAnswers(name: string, text: string): Promise<string> {
  const solution = pathToFileURL(join(root, "solutions/01-basic-pubsub.ts")).href;
  const lines = [
    `export * from ${JSON.stringify(solution)};`,
    `import mqtt from ${JSON.stringify(library)};`,
    "const { connectAsync } = mqtt;",
    text,
  ];
  await writeFile(fileOf(name), lines.join("\n"));
  return fileOf(name);
}

function fileOf(name: string): string {
  return join(folder, `${name.replaceAll(" ", "-")}.ts`);
}

function resultsOf(name: string): readonly CheckResult[] {
  return results.filter(({ run }) => run.answers === fileOf(name));
}

// Whatever one answer does, it gets its verdict, and its neighbours get theirs.
describe("an answer that", () => {
  test.each(bodies)("%s", (name, _, expected) => {
    const own = resultsOf(name);
    const problem = own.find(({ outcome }) => outcome !== "passed");
    expect(problem).toMatchObject({
      functionName: "publishSensorData",
      outcome: "wrong",
      explanation: expected,
    });
    for (const neighbour of ["createClient", "subscribeWithWildcards", "topicMatches"]) {
      const theirs = own.filter(({ functionName }) => functionName === neighbour);
      expect(theirs.length, neighbour).toBeGreaterThan(0);
      for (const result of theirs) expect(result).toMatchObject({ outcome: "passed" });
    }
  });
});

describe("a file that", () => {
  test.each(files)("%s", (name, _, expected) => {
    const own = resultsOf(name);
    expect(own.length).toBeGreaterThan(0);
    for (const result of own) expect(result).toMatchObject({ explanation: expected });
  });
});
