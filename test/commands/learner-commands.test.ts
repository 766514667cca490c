import { existsSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, type TestContext, test } from "vitest";
import { progressFile } from "../../workbook/cli/progress-file.ts";
import { ProjectCopy } from "../workbook/fixtures/project-copy.ts";
import { noTerminal, Terminal } from "../workbook/fixtures/terminal.ts";

const PATIENCE = 300_000;
const exercise = "exercises/01-basic-pubsub.ts";
const embedded = { WORKBOOK_BROKER: "embedded" };

/** A learner's project, and a way to run its commands and change its files. */
class Desk {
  private constructor(readonly project: ProjectCopy) {}

  static async open({ onTestFinished }: TestContext): Promise<Desk> {
    const project = await ProjectCopy.make();
    onTestFinished(() => project.remove(), PATIENCE);
    return new Desk(project);
  }

  /** Run a command. Returns what it printed and, in the last line, its exit code. */
  async run(command: string, ...words: string[]): Promise<string> {
    const { output, code } = await this.project.run(command, words, embedded);
    return `${output}exit code ${code}`;
  }

  read(file = exercise): Promise<string> {
    return readFile(join(this.project.folder, file), "utf8");
  }

  async edit(change: (text: string) => string, file = exercise): Promise<void> {
    await writeFile(join(this.project.folder, file), change(await this.read(file)));
  }

  has(file: string): boolean {
    return existsSync(join(this.project.folder, file));
  }
}

const right = (text: string) =>
  text.replace(
    'throw new Todo("createClient")',
    "return connectAsync(brokerUrl, { protocolVersion: 5, clientId })",
  );

describe.concurrent("hint", { timeout: PATIENCE }, () => {
  test("shows one level at a time, remembers, and says when there is none left", async (context) => {
    const desk = await Desk.open(context);
    const first = await desk.run("hint", "topicMatches");
    expect(first).toMatch(/^topicMatches: hint 1 of 3\n\nCut both into levels/);
    expect(first).toMatch("2 more: npm run hint topicMatches\nexit code 0");
    expect(first).not.toMatch("split");
    const second = await desk.run("hint", "topicMatches");
    expect(second).toMatch(/^topicMatches: hint 2 of 3\n\n`split\("\/"\)` keeps/);
    expect(second).toMatch("One more: npm run hint topicMatches");
    const third = await desk.run("hint", "topicMatches");
    expect(third).toMatch("That was the last one. The solution: npm run solution topicMatches");
    const none = await desk.run("hint", "topicMatches");
    expect(none).toMatch(
      /^You have seen all hints for topicMatches\.\nRead them again: exercises\/01-basic-pubsub\.md:\d+\nNext: npm run solution topicMatches\nexit code 1$/,
    );
    for (const line of [first, second, third, none].join("\n").split("\n")) {
      expect(line.length).toBeLessThanOrEqual(80);
    }
  });

  test("without a name is about the first function that did not pass", async (context) => {
    const desk = await Desk.open(context);
    expect(await desk.run("hint")).toMatch("createClient: hint 1 of 3");
    await desk.edit(right);
    await desk.run("check", "createClient");
    expect(await desk.run("hint")).toMatch("publishSensorData: hint 1 of 3");
    expect(await desk.run("hint", "02")).toMatch("demonstrateQos0: hint 1 of 3");
    expect(await desk.run("hint", "createClient")).toMatch("createClient: hint 2 of 3");
  });

  test("of a function that is not there is a question of usage", async (context) => {
    const desk = await Desk.open(context);
    const unknown = await desk.run("hint", "createCleint");
    expect(unknown).toMatch('"createCleint" is neither a module nor a function. There are:');
    expect(unknown).toMatch("Next: npm run hint -- 01\nexit code 2");
    for (const line of unknown.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    expect(await desk.run("hint", "01", "02")).toMatch('not "01 02".\nNext: npm run hint -- 01');
  });

  test("has a link to the lesson where the terminal has links", async (context) => {
    const desk = await Desk.open(context);
    const hints = async (env: NodeJS.ProcessEnv) => {
      await desk.edit(
        () => JSON.stringify({ verdicts: {}, hints: { createClient: 3 } }),
        progressFile,
      );
      const { output } = await desk.project.run("hint", ["createClient"], env);
      return output.replaceAll("\u001B", "ESC").replaceAll("\u0007", "BEL");
    };
    await desk.run("hint", "createClient");
    expect(await hints({ FORCE_HYPERLINK: "1" })).toMatch(
      /ESC\]8;;file:\/\/\/\S+\/exercises\/01-basic-pubsub\.md#\d+BELexercises\/01-basic-pubsub\.md:\d+ESC\]8;;BEL/,
    );
    expect(await hints({})).not.toMatch("ESC");
    // VS Code finds the places by itself.
    expect(await hints({ FORCE_HYPERLINK: "1", TERM_PROGRAM: "vscode" })).not.toMatch("ESC");
  });
});

describe.concurrent("progress", { timeout: PATIENCE }, () => {
  test("is what the checks found, and says where that is out of date", async (context) => {
    const desk = await Desk.open(context);
    const nothing = await desk.run("progress");
    expect(nothing).toMatch(/^The modules: 0 of \d+ functions pass\n\n01 · Publish/);
    expect(nothing).toMatch("  not checked createClient\n");
    expect(nothing).toMatch("Next: npm start\nexit code 0");
    expect(desk.has(progressFile)).toBe(false);

    await desk.edit(right);
    await desk.run("check", "createClient");
    const one = await desk.run("progress");
    expect(one).toMatch("The modules: 1 of");
    expect(one).toMatch("  ✔ passed    createClient\n    not checked publishSensorData\n");

    await desk.edit((text) => text.replace("protocolVersion: 5", "protocolVersion: 4"));
    const changed = await desk.run("progress");
    expect(changed).toMatch("The modules: 0 of");
    expect(changed).toMatch("  ✔ passed    createClient  (changed since)\n");
    expect(changed).toMatch(
      "Module 01: the exercise, or its checks, changed since the last check.\nNext: npm run check -- 01\nexit code 0",
    );

    await desk.run("check", "01");
    const checked = await desk.run("progress");
    expect(checked).toMatch("  ✘ not yet   createClient\n  · to do     publishSensorData\n");
    expect(checked).not.toMatch("changed since");

    await desk.edit((text) => `${text}\n`, "test/exercises/01-basic-pubsub.test.ts");
    expect(await desk.run("progress")).toMatch("  ✘ not yet   createClient  (changed since)\n");
  });

  test("keeps what is known when a check finds out nothing", async (context) => {
    const desk = await Desk.open(context);
    await desk.edit(right);
    await desk.run("check", "createClient");
    await desk.edit((text) => text.replace("return connectAsync(", "return (;"));
    await desk.run("check", "01");
    expect(await desk.run("progress")).toMatch("  ✔ passed    createClient  (changed since)\n");
  });

  test("begins anew when its file cannot be read, and says so", async (context) => {
    const desk = await Desk.open(context);
    await desk.run("hint");
    await desk.edit((text) => text.slice(0, 20), progressFile);
    const output = await desk.run("progress");
    expect(output).toMatch(`Note: ${progressFile} could not be read.`);
    expect(output).toMatch("exit code 0");
    expect(desk.has(`${progressFile}.unreadable`)).toBe(true);
    await desk.run("hint");
    expect(await desk.run("hint")).toMatch("hint 2 of 3");
  });

  test("takes no words", async (context) => {
    const desk = await Desk.open(context);
    expect(await desk.run("progress", "01")).toBe(
      'npm run progress takes no "01".\nNext: npm run progress\nexit code 2',
    );
    expect(await desk.run("start", "01")).toBe(
      'npm start takes no "01".\nNext: npm start\nexit code 2',
    );
  });
});

describe.concurrent("reset", { timeout: PATIENCE }, () => {
  test("puts a function back, and leaves the others and a copy", async (context) => {
    const desk = await Desk.open(context);
    const stub = await desk.read();
    const written = `${right(stub)
      .replace('throw new Todo("topicMatches")', "return filter === topic")
      .replace(/^import \{ Todo \}.*\n/m, "")}// my notes\n`;
    await desk.edit(() => written);
    await desk.run("hint", "createClient");
    const output = await desk.run("reset", "createClient");
    const [, copy = ""] = output.match(/^A copy of your file is in (\S+)\n/) ?? [];
    expect(copy).toMatch(/^\.workbook\/backups\/01-basic-pubsub\.\d{4}-\d\d-\d\dT[\d.-]+\.ts$/);
    expect(await desk.read(copy)).toBe(written);
    expect(output).toMatch("createClient is as it came, and its hints begin again.\nexit code 0");
    expect(await desk.read()).toBe(
      `${stub.replace('throw new Todo("topicMatches")', "return filter === topic")}// my notes\n`,
    );
    expect(await desk.run("hint", "createClient")).toMatch("hint 1 of 3");

    const again = await desk.run("reset", "createClient");
    expect(again).toBe("createClient is as it came: nothing to reset.\nexit code 0");
  });

  test("puts a module back, also where its file was deleted", async (context) => {
    const desk = await Desk.open(context);
    const stub = await desk.read();
    await desk.edit(() => "nonsense");
    expect(await desk.run("reset", "01")).toMatch(`${exercise} is as it came, and its hints`);
    expect(await desk.read()).toBe(stub);
    const [copy = ""] = await readdir(join(desk.project.folder, ".workbook/backups"));
    expect(await desk.read(`.workbook/backups/${copy}`)).toBe("nonsense");
    await rm(join(desk.project.folder, exercise));
    expect(await desk.run("reset", "1")).toBe(
      `${exercise} is as it came, and its hints begin again.\nexit code 0`,
    );
    expect(await desk.read()).toBe(stub);
  });

  test("touches nothing that it cannot find, or that was not named", async (context) => {
    const desk = await Desk.open(context);
    await desk.edit((text) => text.replace("function createClient", "function createKlient"));
    const before = await desk.read();
    expect(await desk.run("reset", "createClient")).toBe(
      `createClient cannot be found in ${exercise}.\nNext: npm run reset -- 01\nexit code 2`,
    );
    expect(await desk.run("reset")).toBe(
      "npm run reset needs a function or a module.\nNext: npm run reset -- createClient\nexit code 2",
    );
    expect(await desk.read()).toBe(before);
    expect(desk.has(".workbook/backups")).toBe(false);
  });
});

describe.concurrent("solution", { timeout: PATIENCE }, () => {
  test("shows the difference to the answer, with the helpers of both", async (context) => {
    const desk = await Desk.open(context);
    await desk.edit((text) =>
      text
        .replace(
          'throw new Todo("subscribeWithWildcards")',
          'client.on("message", (topic, payload) => onReading(topic, read(payload)))',
        )
        .replace(
          "/** The building",
          "const read = (data: Buffer) => JSON.parse(data.toString());\n\n$&",
        ),
    );
    const output = await desk.run("solution", "subscribeWithWildcards");
    expect(output).toMatch(
      /^subscribeWithWildcards did not pass yet\.\nYou have 3 hints left: npm run hint subscribeWithWildcards\n/,
    );
    expect(output).toMatch(/The solution is in solutions\/01-basic-pubsub\.ts:\d+\.\n/);
    expect(output).toMatch("  - const read = (data: Buffer) => JSON.parse(data.toString());\n");
    expect(output).toMatch("  + function parseJson(text: string): unknown {\n");
    expect(output).toMatch("\n      filters: readonly string[],\n");
    expect(output).not.toMatch("#region");
    expect(output).not.toMatch("topicMatches");
    expect(output).toMatch("exit code 0");
    for (const line of output.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  test("says so where there is none", async (context) => {
    const desk = await Desk.open(context);
    const solution = await desk.read("solutions/01-basic-pubsub.ts");
    await desk.edit(() => solution);
    await desk.run("check", "01");
    const output = await desk.run("solution", "createClient");
    expect(output).toMatch(
      /^The solution is in \S+\nYours is the same, line for line\.\nexit code 0$/,
    );
    expect(await desk.run("solution", "01")).toBe(
      "The solution is in solutions/01-basic-pubsub.ts.\nYours is the same, line for line.\nexit code 0",
    );
  });

  test("needs a name, and an exercise", async (context) => {
    const desk = await Desk.open(context);
    expect(await desk.run("solution")).toBe(
      "npm run solution needs a function or a module.\nNext: npm run solution -- createClient\nexit code 2",
    );
    await rm(join(desk.project.folder, exercise));
    expect(await desk.run("solution", "01")).toMatch(`${exercise} is missing.`);
  });

  test.skipIf(noTerminal()).each([["n", "Enter"], ["Enter"], ["C-c"], ["C-d"]])(
    "asks before it gives away what did not pass yet: %s is a no",
    async (...keys) => {
      const project = await ProjectCopy.make();
      const terminal = new Terminal(project.folder, "solution", ["createClient"], {});
      await terminal.shows(/Show the solution\? Type y for yes:/);
      terminal.press(...keys);
      expect(await terminal.ended()).toBe(0);
      expect(terminal.text()).not.toMatch("The solution is in");
      terminal.close();
      await project.remove();
    },
  );

  test.skipIf(noTerminal())("and y is a yes", async () => {
    const project = await ProjectCopy.make();
    const terminal = new Terminal(project.folder, "solution", ["createClient"], {});
    await terminal.shows(/createClient did not pass yet[\s\S]*Type y for yes:/);
    terminal.press("y", "Enter");
    expect(await terminal.ended()).toBe(0);
    expect(terminal.text()).toMatch("The solution is in solutions/01-basic-pubsub.ts");
    terminal.close();
    await project.remove();
  });
});
