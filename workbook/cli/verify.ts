import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import type { Broker } from "../broker/broker.ts";
import { chooseBroker } from "../broker/choose.ts";
import { type Candidate, listCandidates } from "../checks/candidates.ts";
import { isProblem, nameOf } from "../checks/contract.ts";
import { shortcomings } from "../checks/expectations.ts";
import { findingOf } from "../checks/finding.ts";
import { type ModuleProof, type Problem, prove } from "../checks/proof.ts";
import { drawProblem } from "../checks/report.ts";
import { chooseSeed, Runner } from "../checks/runner.ts";
import { listModules } from "../modules.ts";
import { UsageError } from "../usage-error.ts";
import { nearest } from "./nearest.ts";
import { type Selection, select } from "./select.ts";
import { exitCodes, runCommand } from "./usage.ts";

const help = `npm run verify -- [01 | createClient] [options]

Proves that the checks are right: all of them, those of a module, or those of a function.

  --mutant NAME     which checks catch this wrong answer, and what each of them says
  --full            take no shortcut: run every check on every answer, each in a process of its own

WORKBOOK_SEED=123 repeats a run that printed that seed.`;

type Words =
  | { readonly help: true }
  | { readonly candidate: Candidate }
  | { readonly selection: Selection; readonly isFull: boolean };

/** `npm run verify [-- 01 | createClient | --mutant NAME] [--full]`: prove that the checks are right. */
async function verify(): Promise<number> {
  const words = parse(process.argv.slice(2));
  if ("help" in words) {
    console.log(help);
    return exitCodes.fine;
  }
  const begun = performance.now();
  const { broker, passedOver } = await chooseBroker("check");
  for (const reason of passedOver) console.log(`Note: ${reason}.`);
  const seed = chooseSeed();
  console.log(`Broker: ${broker.name}, seed ${seed}`);
  let isFine: boolean;
  let tail = "";
  try {
    if ("candidate" in words) {
      isFine = await showCandidate(words.candidate, broker, seed);
    } else {
      const { selection, isFull } = words;
      const { modules, functionName } = selection;
      const onModule = (proof: ModuleProof) => tellModule(proof);
      const proofs = await prove(modules, broker, { seed, functionName, isFull, onModule });
      const problems = proofs.reduce((sum, proof) => sum + proof.problems.length, 0);
      isFine = problems === 0 && proofs.length === modules.length;
      tail = `${isFine ? "All as it should be" : `${problems} problems`}: ${counts(proofs)}, `;
    }
  } finally {
    await broker.stop();
  }
  const seconds = Math.round((performance.now() - begun) / 1000);
  console.log(`${tail}${seconds} s${cpuSeconds()}`);
  return isFine ? exitCodes.fine : exitCodes.wrong;
}

/** @throws UsageError for what cannot be understood */
function parse(args: string[]): Words {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        mutant: { type: "string" },
        full: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    const { mutant, full } = values;
    if (values.help) return { help: true };
    if (mutant === undefined) return { selection: select("verify", positionals), isFull: full };
    if (full || positionals.length > 0) {
      throw new UsageError(
        "--mutant NAME stands alone: it is about one answer",
        `npm run verify -- --mutant ${mutant}`,
      );
    }
    return { candidate: findCandidate(mutant) };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const [first = ""] = (error as Error).message.split(/[.\n]/);
    throw new UsageError(first, "npm run verify -- --help");
  }
}

/** By its path, or a mutant by its name, with its module or without. */
function findCandidate(word: string): Candidate {
  const all = listModules().flatMap(listCandidates);
  const path = word.replaceAll("\\", "/").replace(/^\.\//, "").replace(/\.ts$/, "");
  const mutants = all.filter(({ kind }) => kind === "mutant");
  const found = [
    ...all.filter(({ answers }) => answers === `${path}.ts`),
    ...mutants.filter((each) => [shortName(each), lastName(each)].includes(path)),
  ];
  const [first, second] = found;
  if (first === undefined) {
    const names = mutants.flatMap((each) => [shortName(each), lastName(each)]);
    const meant = nearest(path, names);
    throw new UsageError(
      `there is no mutant "${word}"${meant ? `; the nearest is called ${meant}` : ""}`,
      meant ? `npm run verify -- --mutant ${meant}` : "ls test/mutants/*",
    );
  }
  if (second !== undefined) {
    throw new UsageError(
      `several mutants are called "${word}": ${found.map(shortName).join(", ")}`,
      `npm run verify -- --mutant ${shortName(first)}`,
    );
  }
  return first;
}

/** e.g. `01-basic-pubsub/qos-0` */
function shortName(candidate: Candidate): string {
  return `${candidate.module}/${lastName(candidate)}`;
}

function lastName({ answers }: Candidate): string {
  return basename(answers, ".ts");
}

/** Which checks do not pass on one candidate, each as a learner reads it. Returns whether all is well. */
async function showCandidate(candidate: Candidate, broker: Broker, seed: number): Promise<boolean> {
  const module = listModules().find(({ name }) => name === candidate.module);
  const runner = new Runner(broker);
  try {
    const results = await runner.run([candidate], { seed });
    const caught = results.filter(isProblem);
    for (const result of caught) {
      if (module) console.log(`\n${drawProblem(module, result, process.stdout.columns ?? 80)}`);
    }
    console.log(`\n${candidate.answers}: ${caught.length} of ${results.length} checks do not pass`);
    for (const result of caught) {
      const isNamed = nameOf(result) === candidate.kills;
      console.log(`  ${isNamed ? "kills " : "      "} ${nameOf(result)}`);
    }
    const findings = results.map((result) => findingOf(result, result, result.seed));
    const problems = shortcomings(candidate, { findings });
    for (const problem of problems) console.error(`FAILED  ${problem}`);
    return problems.length === 0;
  } finally {
    await runner.close();
  }
}

function tellModule(proof: ModuleProof): void {
  const { module, accounts, problems, notes, seconds, reused } = proof;
  for (const note of notes) console.log(`Note: ${note}.`);
  for (const problem of problems) tellProblem(problem);
  const of = (wanted: Candidate["kind"]) => [...accounts].filter(([{ kind }]) => kind === wanted);
  const checks = of("solution").flatMap(([, { findings }]) => findings);
  const skipped = checks.filter(({ outcome }) => outcome === "skipped").length;
  console.log(
    `${module.name}: ${checks.length} checks, ${of("accepted").length} other right answers, ` +
      `${of("mutant").length} mutants` +
      `${skipped > 0 ? `, ${skipped} checks not on this broker` : ""}: ` +
      `${problems.length === 0 ? "all as they should be" : `${problems.length} problems`}` +
      ` (${seconds.toFixed(1)} s${reused > 0 ? `, ${reused} reused` : ""})`,
  );
}

function tellProblem({ text, of }: Problem): void {
  console.error(`FAILED  ${text}`);
  if (of === undefined) return;
  const { candidate, seed } = of;
  const name = candidate.kind === "mutant" ? shortName(candidate) : candidate.answers;
  console.error(`        repeat with  WORKBOOK_SEED=${seed} npm run verify -- --mutant ${name}`);
}

function counts(proofs: readonly ModuleProof[]): string {
  const all = proofs.reduce((sum, { accounts }) => sum + accounts.size, 0);
  const reused = proofs.reduce((sum, proof) => sum + proof.reused, 0);
  return `${reused} reused, ${all - reused} run`;
}

/** The processor time of this process and of all that it has started and seen end, where Linux tells. */
function cpuSeconds(): string {
  try {
    const fields = readFileSync("/proc/self/stat", "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return `, ${Math.round(ticks / 100)} s of processor time`;
  } catch {
    return "";
  }
}

await runCommand(verify);
