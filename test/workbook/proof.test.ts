import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Candidate } from "../../workbook/checks/candidates.ts";
import { type Check, nameOf, type Report } from "../../workbook/checks/contract.ts";
import { uncovered } from "../../workbook/checks/coverage.ts";
import { shortcomings } from "../../workbook/checks/expectations.ts";
import type { Finding } from "../../workbook/checks/finding.ts";
import { closureOf, importsOf } from "../../workbook/checks/imports.ts";
import { unmetMessages } from "../../workbook/checks/messages.ts";
import { reaches } from "../../workbook/checks/reach.ts";
import { Kept, keyOf } from "../../workbook/checks/reuse.ts";
import { type Host, SharedProcess } from "../../workbook/checks/shared-process.ts";
import { nearest } from "../../workbook/cli/nearest.ts";
import { listModules, root } from "../../workbook/modules.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "proof-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const first: Check = { functionName: "one", title: "is right" };
const second: Check = { functionName: "two", title: "is right, too" };
const mutant: Candidate = {
  kind: "mutant",
  module: "01-basic-pubsub",
  answers: "test/mutants/01-basic-pubsub/wrong.ts",
  kills: nameOf(first),
};

function finding(check: Check, outcome: Finding["outcome"], headline?: string): Finding {
  return { ...check, outcome, ...(headline && { headline }), milliseconds: 1, seed: 1 };
}

describe("imports", () => {
  test("are found however they are written, and only where the file is there", () => {
    const parts = ["a.ts", "b.ts", "c.ts", "d.ts", "e.ts"].map((name) => write(name, ""));
    const file = write(
      "all.ts",
      [
        'import {\n  a,\n} from "./a.ts";',
        'import "./b.ts";',
        'export * from "./c.ts";',
        'const d = await import("./d.ts");',
        'const e = new URL("e.ts", import.meta.url);',
        'import mqtt from "mqtt";',
        'const text = `import { x } from "./nowhere.ts"`;',
      ].join("\n"),
    );
    expect(importsOf(file).sort()).toEqual(parts);
  });

  test("lead on, to what is read beside, and round in a circle", () => {
    const settings = write("settings.conf", "x");
    const near = write("near.ts", 'import "./far.ts";');
    const far = write(
      "far.ts",
      'import "./near.ts"; new URL("settings.conf", import.meta.url); new URL(".", import.meta.url)',
    );
    expect(closureOf([near])).toEqual([far, near, settings]);
    expect(importsOf(far)).toEqual([near]);
  });

  test("of the engine include what runs in the processes", () => {
    const all = closureOf([join(root, "workbook/checks/proof.ts")]);
    for (const file of ["worker.ts", "harness/run-check.ts", "harness/quiet.ts", "reach.ts"]) {
      expect(all).toContain(join(root, "workbook/checks", file));
    }
  });
});

describe("reach", () => {
  const uses = new Map([
    [nameOf(first), ["one", "helper"]],
    [nameOf(second), ["two"]],
  ]);

  test("is for the checks that look up what is changed", () => {
    expect(reaches(first, uses, ["helper"])).toBe(true);
    expect(reaches(second, uses, ["helper"])).toBe(false);
    expect(reaches(first, uses, [])).toBe(false);
  });

  test("is for every check that nobody has seen at work", () => {
    expect(reaches(first, new Map(), [])).toBe(true);
  });
});

describe("reuse", () => {
  const findings = [finding(first, "wrong", "it is wrong")];

  test("lasts for as long as no file and no fact changes", () => {
    const file = write("a.ts", "1");
    const before = keyOf(["broker 1"], [file]);
    expect(keyOf(["broker 1"], [file])).toBe(before);
    expect(keyOf(["broker 2"], [file])).not.toBe(before);
    expect(keyOf(["broker 1"], [file, write("b.ts", "1")])).not.toBe(before);
    write("a.ts", "2");
    expect(keyOf(["broker 1"], [file])).not.toBe(before);
  });

  test("gives back what was kept under the same key, to the next one too", () => {
    const kept = new Kept(folder, "Broker 1");
    kept.put(mutant, "key", findings);
    kept.save();
    const next = new Kept(folder, "Broker 1");
    expect(next.get(mutant, "key")).toEqual(findings);
    expect(next.get(mutant, "another key")).toBeUndefined();
    expect(next.get({ ...mutant, answers: "another.ts" }, "key")).toBeUndefined();
  });

  test("does not mix brokers", () => {
    const kept = new Kept(folder, "Broker 1");
    kept.put(mutant, "key", findings);
    kept.save();
    expect(new Kept(folder, "Broker 2").get(mutant, "key")).toBeUndefined();
  });

  test.each([
    "",
    "{",
    "null",
    "[]",
    '"text"',
    '{"01-basic-pubsub test/mutants/01-basic-pubsub/wrong.ts":{"key":"key","findings":[{}]}}',
    '{"01-basic-pubsub test/mutants/01-basic-pubsub/wrong.ts":{"key":"key"}}',
    '{"01-basic-pubsub test/mutants/01-basic-pubsub/wrong.ts":null}',
  ])("takes nothing from a file with %j in it", (text) => {
    new Kept(folder, "Broker 1").save();
    const [name = ""] = readdirSync(folder);
    write(name, text);
    expect(new Kept(folder, "Broker 1").get(mutant, "key")).toBeUndefined();
  });
});

describe("a shared process", () => {
  const report: Report = {
    outcome: "passed",
    output: "",
    milliseconds: 1,
    seal: "",
    uses: ["one"],
    residue: [],
  };
  const uses = new Map([
    [nameOf(first), ["one"]],
    [nameOf(second), ["two"]],
  ]);
  const right = { file: "right.ts", uses };
  const job = { file: "wrong.ts", checks: [second, first], seed: 7, right };

  /** Plays a process that says this of each check, and notes what it was asked. */
  function play(
    reports: Record<string, Report | undefined>,
    { changed = ["one"], residue = [] as string[], dies = false } = {},
  ) {
    const asked: string[] = [];
    const host: Host = {
      ready: Promise.resolve([first, second]),
      lastWords: "",
      run: async ({ check }) => {
        asked.push(nameOf(check));
        return nameOf(check) in reports ? reports[nameOf(check)] : report;
      },
      compare: async () => (dies ? undefined : { changed, residue }),
      leave: async () => void asked.push("leave"),
      kill: async () => void asked.push("kill"),
    };
    let started = 0;
    const start = () => {
      started++;
      return host;
    };
    const shared = new SharedProcess(start, (_, given) => given);
    return { asked, shared, starts: () => started };
  }

  test("runs only the checks that reach the mutant", async () => {
    const { shared, asked } = play({});
    const account = await shared.account(mutant, job);
    expect(account?.findings.map(nameOf)).toEqual([nameOf(first)]);
    expect(asked).toEqual([nameOf(first)]);
  });

  test("runs them in their order, and the one that is named in any case", async () => {
    const { shared, asked } = play({}, { changed: ["two"] });
    const account = await shared.account(mutant, job);
    expect(asked).toEqual([nameOf(second), nameOf(first)]);
    expect(account?.outOfReach).toEqual(["two"]);
  });

  test("runs all checks where there is nothing to compare with", async () => {
    const { shared, asked } = play({}, { dies: true });
    const accepted: Candidate = { ...mutant, kind: "accepted" };
    await shared.account(accepted, { ...job, right: undefined });
    expect(asked).toEqual([nameOf(second), nameOf(first)]);
  });

  test("serves on where nothing was left behind", async () => {
    const { shared, asked, starts } = play({ [nameOf(first)]: { ...report, outcome: "wrong" } });
    await shared.account(mutant, job);
    await shared.account(mutant, job);
    await shared.leave();
    expect(starts()).toBe(1);
    expect(asked).not.toContain("kill");
    expect(asked.at(-1)).toBe("leave");
  });

  test.each<[string, Report | undefined]>([
    ["dies", undefined],
    ["is blocked", { ...report, outcome: "wrong", residue: ["an interrupted thread"] }],
    ["is left dirty", { ...report, residue: ["an open socket"] }],
  ])("says nothing, and serves nobody else, once it %s", async (_, given) => {
    const { shared, asked, starts } = play({ [nameOf(first)]: given });
    expect(await shared.account(mutant, job)).toBeUndefined();
    expect(asked).toContain("kill");
    await shared.account(mutant, job);
    expect(starts()).toBe(2);
  });

  test.each([
    ["dies of a file", { dies: true }],
    ["is left dirty by a file that loads", { residue: ["a listener for exit"] }],
  ])("says nothing when it %s", async (_, comparison) => {
    const { shared, asked } = play({}, comparison);
    expect(await shared.account(mutant, job)).toBeUndefined();
    expect(asked).toEqual(["kill"]);
  });
});

describe("what is expected", () => {
  test("of a mutant is that the named check catches it, by an explanation", () => {
    const wrong = finding(first, "wrong", "it is wrong");
    const passed = finding(second, "passed");
    const of = (...findings: Finding[]) => shortcomings(mutant, { findings });
    expect(of(wrong, passed)).toEqual([]);
    expect(of(finding(first, "passed"), passed).join()).toContain(`survives "${nameOf(first)}"`);
    expect(of(wrong, finding(second, "environment", "no broker")).join()).toContain("environment");
    expect(of(passed).join()).toContain("names no check");
    expect(shortcomings(mutant, { findings: [wrong], outOfReach: ["two"] }).join()).toContain(
      "cannot reach",
    );
  });

  test("of right answers is that all pass or are left out", () => {
    const accepted: Candidate = { ...mutant, kind: "accepted" };
    const of = (...findings: Finding[]) => shortcomings(accepted, { findings });
    expect(of(finding(first, "passed"), finding(second, "skipped"))).toEqual([]);
    expect(of(finding(first, "wrong", "it is wrong"))).toHaveLength(1);
    expect(of()).toHaveLength(1);
  });

  test("of a stub is its own to-do in each check", () => {
    const stub: Candidate = { ...mutant, kind: "stub" };
    const of = (...findings: Finding[]) => shortcomings(stub, { findings });
    expect(of(finding(first, "todo", "one is still to do"))).toEqual([]);
    expect(of(finding(first, "todo", "two is still to do"))).toHaveLength(1);
    expect(of(finding(first, "passed"))).toHaveLength(1);
  });

  test("of a check is a mutant that it alone catches", () => {
    const account = (...findings: Finding[]) => new Map([[mutant, { findings }]]);
    const wrong = finding(first, "wrong", "it is wrong");
    expect(uncovered([first], account(wrong, finding(second, "passed")))).toEqual([]);
    const [both] = uncovered([first], account(wrong, finding(second, "wrong", "this, too")));
    expect(both?.nearest).toEqual([mutant]);
    expect(both?.text).toContain("this, too");
    expect(uncovered([second], account(wrong))).toMatchObject([{ nearest: [] }]);
  });
});

test("messages that nobody was shown are found, those of one function too", () => {
  const [module] = listModules();
  if (module === undefined) throw new Error("there are no modules");
  const all = unmetMessages(module, []);
  expect(all).toContain("createClient resolves too early");
  expect(all).toContain("your client speaks an older MQTT");
  const shown = ["createClient resolves too early"];
  expect(unmetMessages(module, shown)).toEqual(all.filter((each) => !shown.includes(each)));
  const own = unmetMessages(module, [], "createClient");
  expect(own).toContain("your client speaks an older MQTT");
  expect(own.length).toBeLessThan(all.length);
});

test("a word that was mistyped is known again, another one is not", () => {
  const words = ["crashes-on-bad-json", "qos-0"];
  expect(nearest("crashes-on-bad-jsno", words)).toBe("crashes-on-bad-json");
  expect(nearest("qos0", words)).toBe("qos-0");
  expect(nearest("something", words)).toBeUndefined();
});
