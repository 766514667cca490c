import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Broker } from "../broker/broker.ts";
import { chooseBroker } from "../broker/choose.ts";
import { type Module, readLesson, root } from "../modules.ts";
import { exerciseText, freshStub } from "../stub.ts";
import { type CheckResult, type CheckRun, runChecks } from "./run-checks.ts";
import { select } from "./select.ts";
import { exitCodes, runCommand } from "./usage.ts";

/**
 * `npm run verify [-- 01]`: prove that the checks are right. Every solution passes, and every answer in another
 * style that is accepted; every stub is as cut from
 * its solution and fails with its own to-do alone; every mutant fails in the check that it names, by an
 * explanation; every check has a mutant that it alone catches; every message of the checks is met by
 * some mutant; every lesson has what the commands read. Checks that the broker has no answer for are
 * left out, and counted; Mosquitto must leave out none.
 */
async function verify(): Promise<number> {
  const { modules } = select("verify", process.argv.slice(2));
  const { broker, passedOver } = await chooseBroker("check");
  for (const reason of passedOver) console.log(`Note: ${reason}.`);
  console.log(`Broker: ${broker.name}`);
  try {
    let problems = 0;
    for (const module of modules) problems += await verifyModule(module, broker);
    console.log(problems === 0 ? "All as it should be." : `${problems} problems.`);
    return problems === 0 ? exitCodes.fine : exitCodes.wrong;
  } finally {
    await broker.stop();
  }
}

/** Returns how many problems there are. */
async function verifyModule(module: Module, broker: Broker): Promise<number> {
  const { name } = module;
  const accepted = listAnswers("test/accepted", name);
  const mutants = listMutants(name);
  const [solution, stub] = ["solutions", "exercises"].map((answers) => ({ module: name, answers }));
  const right = [solution, ...accepted].filter((run) => run !== undefined);
  const results = await runChecks([...right, ...(stub ? [stub] : []), ...mutants], broker);
  const problems = [
    ...lessonProblems(module),
    ...right.flatMap((run) => wrongly(run, results)),
    ...stubProblems(results, [name]),
    ...mutants.flatMap((mutant) => mutantProblems(mutant, results)),
    ...uncoveredChecks(mutants, results),
    ...unshownMessages(module, results),
    ...(broker.kind === "docker" || broker.kind === "native" ? leftOut(results) : []),
  ];
  for (const problem of problems) console.error(`FAILED  ${problem}`);
  const checks = results.filter(({ run }) => run.answers === "solutions");
  const skipped = checks.filter(({ outcome }) => outcome === "skipped").length;
  console.log(
    `${name}: ${checks.length} checks, ${accepted.length} other right answers, ` +
      `${mutants.length} mutants` +
      `${skipped > 0 ? `, ${skipped} checks not on this broker` : ""}: ` +
      `${problems.length === 0 ? "all as they should be" : `${problems.length} problems`}`,
  );
  return problems.length;
}

interface Mutant extends CheckRun {
  /** The title of the check that must catch it. */
  readonly kills: string;
}

function listMutants(module: string): Mutant[] {
  return listAnswers("test/mutants", module).map((run) => {
    const [first = ""] = readFileSync(join(root, run.answers), "utf8").split("\n");
    return { ...run, kills: first.match(/^\/\/ Kills: (.+)$/)?.[1] ?? "" };
  });
}

/** The files of answers to a module in a folder that has one for each. */
function listAnswers(folder: string, module: string): CheckRun[] {
  if (!existsSync(join(root, folder, module))) return [];
  return readdirSync(join(root, folder, module))
    .sort()
    .map((file) => ({ module, answers: `${folder}/${module}/${file}` }));
}

function titleOf({ functionName, title }: CheckResult): string {
  return `${functionName}: ${title}`;
}

function resultsOf(run: CheckRun, results: readonly CheckResult[]): CheckResult[] {
  return results.filter(
    (result) => result.run.module === run.module && result.run.answers === run.answers,
  );
}

function tell(result: CheckResult): string {
  return `"${titleOf(result)}" ended as ${result.outcome}: ${result.explanation?.headline ?? "passed"}`;
}

function lessonProblems(module: Module): string[] {
  const lesson = readLesson(module);
  // A class has a to-do in each of its methods.
  const written = [
    ...new Set(
      [...freshStub(module).matchAll(/throw new Todo\("(\w+)"\)/g)].map(([, name]) => name),
    ),
  ];
  const told = lesson.sections.map(({ functionName }) => functionName);
  return [
    exerciseText(module) !== freshStub(module) &&
      `${module.exercise} is not what is cut from ${module.solution}: npm run stubs`,
    told.join() !== written.join() &&
      `${module.lesson} has sections for ${told.join(", ")}, the exercise asks for ${written.join(", ")}`,
    ...lesson.sections.map(
      ({ functionName, hints }) =>
        hints.length !== 3 && `${module.lesson}: ${functionName} has ${hints.length} hints, not 3`,
    ),
    Number.isNaN(lesson.minutes) && `${module.lesson} does not say "About N minutes"`,
    lesson.keyQuestion === "" && `${module.lesson} has no key question`,
    lesson.keyAnswer === "" && `${module.lesson} has no answer to its key question`,
  ].filter((problem) => problem !== false);
}

/** What right answers are blamed for. */
function wrongly(run: CheckRun, results: readonly CheckResult[]): string[] {
  const own = resultsOf(run, results);
  if (own.length === 0) return [`${run.answers} was not checked at all (${run.module})`];
  return own
    .filter(({ outcome }) => outcome !== "passed" && outcome !== "skipped")
    .map((result) => `${run.answers} (${run.module}): ${tell(result)}`);
}

function stubProblems(results: readonly CheckResult[], modules: readonly string[]): string[] {
  return modules.flatMap((module) => {
    const own = resultsOf({ module, answers: "exercises" }, results);
    if (own.length === 0) return [`exercises/${module}.ts was not checked at all`];
    return own
      .filter(
        ({ outcome, functionName, explanation }) =>
          outcome !== "skipped" &&
          (outcome !== "todo" || !explanation?.headline.startsWith(`${functionName} `)),
      )
      .map((result) => `exercises/${module}.ts: instead of its own to-do, ${tell(result)}`);
  });
}

function mutantProblems(mutant: Mutant, results: readonly CheckResult[]): string[] {
  const own = resultsOf(mutant, results);
  const named = own.find((result) => titleOf(result) === mutant.kills);
  if (named === undefined) return [`${mutant.answers} names no check: "// Kills: ${mutant.kills}"`];
  const problems = own
    .filter(({ outcome }) => !["passed", "wrong", "skipped"].includes(outcome))
    .map((result) => `${mutant.answers}: ${tell(result)}`);
  if (named.outcome === "passed") problems.push(`${mutant.answers} survives "${mutant.kills}"`);
  return problems;
}

/**
 * The checks without a mutant that fails in them and nowhere else: they might be left out unnoticed. Told
 * with what else catches the mutant that comes nearest: a check that fails now and then shows here first.
 */
function uncoveredChecks(mutants: readonly Mutant[], results: readonly CheckResult[]): string[] {
  return results
    .filter(({ run, outcome }) => run.answers === "solutions" && outcome !== "skipped")
    .flatMap((result) => {
      const isIt = (each: CheckResult) => titleOf(each) === titleOf(result);
      const [nearest = []] = mutants
        .filter(({ module, kills }) => module === result.run.module && kills === titleOf(result))
        .map((mutant) => caughtBy(mutant, results))
        .filter((caught) => caught.some(isIt))
        .sort((one, other) => one.length - other.length);
      if (nearest.length === 1) return [];
      const besides = nearest.filter((each) => !isIt(each));
      return [
        [
          `no mutant is caught by "${titleOf(result)}" (${result.run.module}) alone`,
          ...besides.map((each) => `${each.run.answers}: ${tell(each)}`),
        ].join("\n          "),
      ];
    });
}

/** The checks that a mutant did not pass. */
function caughtBy(mutant: Mutant, results: readonly CheckResult[]): CheckResult[] {
  return resultsOf(mutant, results).filter(
    ({ outcome }) => outcome !== "passed" && outcome !== "skipped",
  );
}

function leftOut(results: readonly CheckResult[]): string[] {
  return results
    .filter(({ run, outcome }) => run.answers === "solutions" && outcome === "skipped")
    .map((result) => `${result.run.module}: ${tell(result)}`);
}

/** The headlines in a module's checks that no mutant makes a learner see. */
function unshownMessages(module: Module, results: readonly CheckResult[]): string[] {
  const own = results.filter(({ run }) => run.module === module.name);
  // Some messages cannot be met on this broker; another one's run looks for them.
  if (own.some(({ outcome }) => outcome === "skipped")) return [];
  const shown = own.map(({ explanation }) => explanation?.headline ?? "");
  const source = sourcesOf(module).join("\n");
  return [...source.matchAll(/headline:([\s\S]*?)expected:/g)]
    .flatMap(([, text = ""]) => [...text.matchAll(/(["`])((?:\\.|(?!\1)[^\\])+)\1/g)])
    .map(([, , headline = ""]) => headline)
    .filter((headline) => !shown.some((text) => patternOf(headline).test(text)))
    .map((headline) => `${module.name}: no mutant meets the message "${headline}"`);
}

/** The text of a module's checks, and of what lies beside them that they import. */
function sourcesOf({ checks }: Module): string[] {
  const beside = checks.flatMap((file) =>
    [...readFileSync(join(root, file), "utf8").matchAll(/from "\.\/([^"]+)"/g)].map(
      ([, name = ""]) => join(dirname(file), name),
    ),
  );
  return [...new Set([...checks, ...beside])].map((file) => readFileSync(join(root, file), "utf8"));
}

/** A headline as it stands in the source, with anything where it has a value put in. */
function patternOf(headline: string): RegExp {
  const parts = headline
    .split(/\$\{[^}]*\}/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`);
}

await runCommand(verify);
