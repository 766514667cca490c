import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, type TestContext, test } from "vitest";
import { ProjectCopy } from "../workbook/fixtures/project-copy.ts";
import { noTerminal, Terminal } from "../workbook/fixtures/terminal.ts";

const missing = noTerminal();
if (missing) console.warn(`Skipped: ${missing}.`);

const PATIENCE = 300_000;
const keys = /Save to check, or press: h hint, d demo, w wire, n next, l list, q quit\s*$/;
const exercise = "exercises/01-basic-pubsub.ts";

interface Desk {
  readonly project: ProjectCopy;
  readonly terminal: Terminal;
  /** Change the exercise as an editor does. */
  save(change: (text: string) => string): Promise<void>;
}

/** `npm start` in a terminal of its own, on a copy of the project. */
async function start(
  { onTestFinished }: TestContext,
  env: NodeJS.ProcessEnv = {},
  project?: ProjectCopy,
): Promise<Desk> {
  const copy = project ?? (await ProjectCopy.make());
  const terminal = new Terminal(copy.folder, "start", [], { WORKBOOK_BROKER: "embedded", ...env });
  onTestFinished(async () => {
    terminal.close();
    await copy.remove();
  }, PATIENCE);
  await terminal.shows(keys);
  const path = join(copy.folder, exercise);
  const save: Desk["save"] = async (change) =>
    writeFile(path, change(await readFile(path, "utf8")));
  return { project: copy, terminal, save };
}

/** Put an answer in the place of a to-do. */
const answer = (name: string, code: string) => (text: string) =>
  text.replace(`throw new Todo("${name}")`, code);

const wrong = answer("createClient", "return connectAsync(brokerUrl, { clientId })");

describe.skipIf(missing).concurrent("npm start in a terminal", { timeout: PATIENCE }, () => {
  test("shows the next function, checks when it is saved, and waits after a pass", async (context) => {
    const { terminal, save } = await start(context);
    const opening = terminal.text();
    expect(opening).toMatch("  · to do     createClient");
    expect(opening).toMatch("task       Connect to the broker as an MQTT 5 client");
    expect(opening).toMatch(/lesson {5}exercises\/01-basic-pubsub.md:\d+/);
    expect(opening).toMatch(/look at {4}exercises\/01-basic-pubsub.ts:\d+/);

    const failing = await terminal.after(() => save(wrong), /next .*[\s\S]*quit/);
    expect(failing).toMatch(/\d\d:\d\d:\d\d saved, checking module 01/);
    expect(failing).toMatch("✘ not yet   createClient");
    expect(failing).toMatch("✘ createClient: your client speaks an older MQTT");
    expect(failing).toMatch("next       npm run hint createClient");

    const wire = await terminal.after(() => terminal.press("w"), keys);
    expect(wire).toMatch("createClient, when it was checked: speaks MQTT 5");
    expect(wire).toMatch(/├─+ CONNECT v3.1.1 sensor-\w+ clean \d+ B ─+▶│/);

    const passing = await terminal.after(
      () => save((text) => text.replace("{ clientId }", "{ protocolVersion: 5, clientId }")),
      /createClient passes[\s\S]*quit/,
    );
    expect(passing).toMatch(/The solution is in solutions\/01-basic-pubsub.ts:\d+\./);
    expect(passing).toMatch(
      "  -   return connectAsync(brokerUrl, { protocolVersion: 5, clientId });",
    );
    expect(passing).toMatch(
      "  +   return connectAsync(brokerUrl, { clientId, protocolVersion: 5 });",
    );
    expect(passing).toMatch("Next is publishSensorData: press n when you are ready.");
    expect(passing).not.toMatch("publishSensorData is yours to write");

    const again = await terminal.after(() => save((text) => `${text}\n`), /passes[\s\S]*quit/);
    expect(again).not.toMatch("The solution is in");

    const next = await terminal.after(() => terminal.press("n"), keys);
    expect(next).toMatch("· publishSensorData is yours to write");
    // What a terminal of 80 columns had to break would be longer here.
    for (const line of terminal.text().split("\n")) expect([...line].length).toBeLessThan(81);
    terminal.press("q");
    expect(await terminal.ended()).toBe(0);
  });

  test("gives one hint at a time, lists, and goes where it is told", async (context) => {
    const { terminal } = await start(context);
    for (const level of [1, 2, 3]) {
      const hint = await terminal.after(() => terminal.press("h"), keys);
      expect(hint).toMatch(`createClient: hint ${level} of 3`);
    }
    const none = await terminal.after(() => terminal.press("h"), keys);
    expect(none).toMatch("You have seen all hints for createClient");
    expect(none).toMatch("Next: npm run solution createClient");

    const list = await terminal.after(() => terminal.press("l"), keys);
    expect(list).toMatch("   1  · to do     createClient  (you are here)");
    expect(list).toMatch("   5  · to do     demonstrateQos0");
    const there = await terminal.after(() => terminal.press("5", "Enter"), keys);
    expect(there).toMatch("· demonstrateQos0 is yours to write");
    const nowhere = await terminal.after(() => terminal.press("9", "9", "9", "Enter"), keys);
    expect(nowhere).toMatch(/There is no function 999: the list has 1 to \d+\./);
    const wire = await terminal.after(() => terminal.press("w"), keys);
    expect(wire).toMatch("demonstrateQos0 is not written yet, so nothing has crossed the wire.");
    expect(await terminal.after(() => terminal.press("x"), keys)).not.toMatch("demonstrateQos0");
    terminal.press("C-c");
    expect(await terminal.ended()).toBe(0);
  });

  test("goes to the function that the learner writes in", async (context) => {
    const { terminal, save } = await start(context);
    const topic = answer("topicMatches", "return filter === topic");
    const there = await terminal.after(() => save(topic), /next .*[\s\S]*quit/);
    expect(there).toMatch("✘ topicMatches and the broker disagree");
    const demo = await terminal.after(() => terminal.press("d"), /To watch[\s\S]*quit/);
    expect(demo).toMatch(`npx tsx ${exercise} (press q to stop it)`);
    expect(demo).toMatch("To do: createClient is yours to write");
    expect(demo).toMatch("To watch the solution's: npx tsx solutions/01-basic-pubsub.ts");
    terminal.press("C-d");
    expect(await terminal.ended()).toBe(0);
  });

  test("is not led astray by an editor that empties the file before it writes it", async (context) => {
    const { project, terminal, save } = await start(context);
    const stub = await readFile(join(project.folder, exercise), "utf8");
    const topic = answer("topicMatches", "return filter === topic");
    const there = await terminal.after(async () => {
      await save(() => "");
      // Long enough for the empty file to be noticed.
      await sleep(500);
      await save(() => topic(stub));
    }, /next .*[\s\S]*quit/);
    expect(there).toMatch("✘ topicMatches and the broker disagree");
    terminal.press("q");
    expect(await terminal.ended()).toBe(0);
  });

  test("asks the key question at the end of a module, and knows it the next time", async (context) => {
    const { project, terminal, save } = await start(context);
    const early = await terminal.after(() => terminal.press("a"), keys);
    expect(early).toMatch("The key question comes when all functions of the module pass.");
    const solution = await readFile(join(project.folder, "solutions/01-basic-pubsub.ts"), "utf8");
    const end = await terminal.after(() => save(() => solution), /Next is[\s\S]*quit/);
    expect(end).toMatch("Yours is the same, line for line.");
    expect(end).toMatch(
      "That is all of module 01. Its key question:\n\nIn Kafka you create a topic",
    );
    expect(end).toMatch("Next is demonstrateQos0: press n when you are ready.");
    expect(end).not.toMatch("only names on messages");
    const told = await terminal.after(() => terminal.press("a"), keys);
    expect(told).toMatch("MQTT's topics are only names on messages.");
    const demo = await terminal.after(() => terminal.press("d"), /co2-alarm sent[\s\S]*quit/);
    expect(demo).toMatch(/├─+ CONNECT v5/);
    terminal.press("q");
    expect(await terminal.ended()).toBe(0);

    const second = await start(context, {}, project);
    expect(second.terminal.text()).toMatch(
      /01 · all 4 functions passed\n\n02 · QoS levels {3}module 2/,
    );
    second.terminal.press("q");
    expect(await second.terminal.ended()).toBe(0);
  });

  test("takes up a save that comes while it checks, in the place of that check", async (context) => {
    const { project, terminal } = await start(context);
    const path = join(project.folder, "exercises/04-mqtt5-features.ts");
    const solution = await readFile(join(project.folder, "solutions/04-mqtt5-features.ts"), "utf8");
    // Its message lives for a second, so that the check takes longer than that.
    const both = await terminal.after(async () => {
      await writeFile(path, solution);
      await terminal.shows(/saved, checking module 04/);
      await writeFile(path, `${solution}// again\n`);
    }, /passed {4}demonstrateMessageExpiry[\s\S]*quit/);
    expect(both.match(/saved, checking module 04/g)).toHaveLength(2);
    expect(both.match(/passed {4}demonstrateMessageExpiry/g)).toHaveLength(1);
    terminal.press("q");
    expect(await terminal.ended()).toBe(0);
  });

  test("shows what it knows at once, and checks behind it what has changed meanwhile", async (context) => {
    const { project, terminal, save } = await start(context);
    await terminal.after(() => save(wrong), /next .*[\s\S]*quit/);
    terminal.press("q");
    expect(await terminal.ended()).toBe(0);
    await save((text) => text.replace("{ clientId }", "{ protocolVersion: 5, clientId }"));

    const second = await start(context, {}, project);
    const opening = await second.terminal.shows(/[\s\S]*whether that still holds/);
    expect(opening).toMatch("✘ not yet   createClient  (changed since)");
    const checked = await second.terminal.shows(
      /still holds[\s\S]*passed {4}createClient[\s\S]*quit/,
    );
    expect(checked).toMatch("Next is publishSensorData: press n when you are ready.");
    second.terminal.press("q");
    expect(await second.terminal.ended()).toBe(0);
  });

  test("ends in two lines where there is no broker", async ({ onTestFinished }) => {
    const project = await ProjectCopy.make();
    const terminal = new Terminal(project.folder, "start", [], { MQTT_URL: "mqtt://127.0.0.1:1" });
    onTestFinished(async () => {
      terminal.close();
      await project.remove();
    }, PATIENCE);
    expect(await terminal.ended()).toBe(3);
    expect(terminal.text()).toMatch("Environment: no broker at MQTT_URL (127.0.0.1:1)");
    expect(terminal.text()).not.toMatch(/^ +at /m);
  });

  test("stops a demo that runs, and goes on", async (context) => {
    const { terminal, save } = await start(context);
    await terminal.after(
      () =>
        save((text) =>
          text.replace(
            /export async function main[\s\S]*?\{\n/,
            (head) =>
              `${head}  console.log("for ever");\n  await new Promise(() => setInterval(() => {}, 1000));\n`,
          ),
        ),
      keys,
    );
    await terminal.after(() => terminal.press("d"), /for ever/);
    await terminal.after(() => terminal.press("q"), keys);
    terminal.press("q");
    expect(await terminal.ended()).toBe(0);
  });

  test("says when an exercise cannot be read, and when it is gone", async (context) => {
    const { project, terminal, save } = await start(context);
    const broken = await terminal.after(
      () => save(answer("createClient", "return (;")),
      /look at[\s\S]*quit/,
    );
    expect(broken).toMatch(/✘ This is not valid TypeScript: .+\n {2}look at {4}\S+:\d+\n\nSave/);
    expect(broken).not.toMatch("createClient");
    const gone = await terminal.after(
      () => rm(join(project.folder, exercise)),
      /deleted[\s\S]*quit/,
    );
    expect(gone).toMatch(`${exercise} was deleted.\nNext: git restore ${exercise}`);
    terminal.press("q");
    expect(await terminal.ended()).toBe(0);
  });

  test("has colours, and none with NO_COLOR", async (context) => {
    const colourful = await start(context);
    const plain = await start(context, { NO_COLOR: "1" });
    expect(colourful.terminal.screen()).toMatch("\u001B[");
    expect(plain.terminal.screen()).not.toMatch("\u001B[");
    for (const { terminal } of [colourful, plain]) {
      terminal.press("q");
      expect(await terminal.ended()).toBe(0);
    }
  });
});
