/**
 * Proves that the checks are right. Every solution passes, and every answer in another style that is
 * accepted; every stub is as cut from its solution and fails with its own to-do alone; every mutant fails in
 * the check that it names, by an explanation; every check has a mutant that it alone catches; every message
 * of the checks is met by some mutant; every lesson has what the commands read. Checks that the broker has
 * no answer for are left out, and counted; Mosquitto must leave out none.
 */
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Broker } from "../broker/broker.ts";
import { type Module, root } from "../modules.ts";
import { type Candidate, listCandidates } from "./candidates.ts";
import { type Check, isProblem, nameOf, type Outcome } from "./contract.ts";
import { type Uncovered, uncovered } from "./coverage.ts";
import { shortcomings } from "./expectations.ts";
import { type Account, type Finding, findingOf, tell } from "./finding.ts";
import { closureOf } from "./imports.ts";
import { lessonShortcomings } from "./lessons.ts";
import { unmetMessages } from "./messages.ts";
import type { Uses } from "./reach.ts";
import { Kept, keyOf } from "./reuse.ts";
import { answersPath, Runner } from "./runner.ts";
import { SharedProcess } from "./shared-process.ts";

export interface ProofOptions {
  /** From what names and made-up inputs are drawn. */
  readonly seed: number;
  /** Only the checks of this function, and the mutants that name one of them. */
  readonly functionName?: string | undefined;
  /** No shortcuts: nothing is reused, every check runs, each candidate has a process of its own. */
  readonly isFull?: boolean;
  /** Hear of each module when it is through. */
  readonly onModule?: (proof: ModuleProof) => void;
}

/** Something that is not as it should be. */
export interface Problem {
  readonly text: string;
  /** Whose it is, and from what its names were drawn. */
  readonly of?: { readonly candidate: Candidate; readonly seed: number };
}

export interface ModuleProof {
  readonly module: Module;
  readonly accounts: ReadonlyMap<Candidate, Account>;
  readonly problems: readonly Problem[];
  /** What went well in the end, and is worth a look. */
  readonly notes: readonly string[];
  readonly seconds: number;
  /** How many candidates were not run, because what is known about them still holds. */
  readonly reused: number;
}

/** So many candidates for each core at a time: checks wait more than they compute. */
const LANES_PER_CORE = 4;

/** For so long a candidate usually waits, in milliseconds. */
const USUAL = 1000;

/** Another run in the same proof has other names: what the first has left with the broker is not in its way. */
const ALONE = 2;
const ONCE_MORE = 4;

const engine = fileURLToPath(import.meta.url);

export async function prove(
  modules: readonly Module[],
  broker: Broker,
  options: ProofOptions,
): Promise<ModuleProof[]> {
  const kept = options.isFull ? undefined : new Kept(join(root, ".workbook/proof"), broker.name);
  const works = modules.map((module) => new Work(module, broker, options, kept));
  const runner = new Runner(broker);
  const lane = async () => {
    for (let work = widest(works); work; work = widest(works)) {
      const { name } = work.module;
      const shared = new SharedProcess(
        () => runner.start(name),
        (check, report) => runner.judge(check, report),
      );
      await work.serve(shared);
      await shared.leave();
    }
  };
  try {
    await Promise.all(Array.from({ length: LANES_PER_CORE * availableParallelism() }, lane));
  } finally {
    await runner.close();
  }
  return works.flatMap(({ proof }) => proof ?? []);
}

/** To start one more process takes about as long, in milliseconds. */
const START = 2000;

/** Where there is most left to do for each who does it already; nothing, where it is not worth a process. */
function widest(works: readonly Work[]): Work | undefined {
  const share = (work: Work) => work.millisecondsLeft / (work.lanes + 1);
  const [first] = works.filter(({ left }) => left > 0).sort((a, b) => share(b) - share(a));
  if (first === undefined) return undefined;
  return first.lanes === 0 || share(first) > START ? first : undefined;
}

/** What is known from the solution: which checks there are, and what they look up. */
interface Known {
  readonly checks: readonly Check[];
  readonly uses: Uses;
}

/** The proof of one module, on which several may work at a time. */
class Work {
  readonly #candidates: readonly Candidate[];
  readonly #todo: Candidate[];
  readonly #accounts = new Map<Candidate, Account>();
  readonly #begun = performance.now();
  /** What is the same for all candidates of the module, in one word. */
  readonly #common: string;
  #tellKnown: (known: Known) => void = () => {};
  readonly #known = new Promise<Known>((resolve) => {
    this.#tellKnown = resolve;
  });
  #reused = 0;
  #spent = 0;
  #failure: string | undefined;
  lanes = 0;
  /** When nothing is left to do. */
  proof: ModuleProof | undefined;

  constructor(
    readonly module: Module,
    private readonly broker: Broker,
    private readonly options: ProofOptions,
    private readonly kept: Kept | undefined,
  ) {
    const { functionName } = options;
    this.#candidates = listCandidates(module).filter(
      ({ kind, kills }) =>
        functionName === undefined || kind !== "mutant" || kills?.startsWith(`${functionName}: `),
    );
    this.#todo = slowFirst(this.#candidates);
    const files = [engine, module.solution, ...module.checks, ...besides(module)];
    this.#common = keyOf(
      [broker.name, process.version],
      [join(root, "package-lock.json"), ...closureOf(files.map((file) => resolve(root, file)))],
    );
  }

  /** How many candidates nobody has taken yet. */
  get left(): number {
    return this.#todo.length;
  }

  /** As far as one can tell from those that are through. */
  get millisecondsLeft(): number {
    const usual = this.#accounts.size === 0 ? USUAL : this.#spent / this.#accounts.size;
    return this.left * usual;
  }

  /** Take candidates until none is left. */
  async serve(shared: SharedProcess): Promise<void> {
    this.lanes++;
    for (let next = this.#todo.shift(); next; next = this.#todo.shift()) {
      const begun = performance.now();
      this.#accounts.set(next, await this.#account(next, shared));
      this.#spent += performance.now() - begun;
      if (this.#accounts.size === this.#candidates.length) await this.#conclude();
    }
    this.lanes--;
  }

  async #account(candidate: Candidate, shared: SharedProcess): Promise<Account> {
    const isSolution = candidate.kind === "solution";
    const reused = this.#reuse(candidate);
    const account = reused ?? (await this.#judge(candidate, shared));
    if (reused) this.#reused++;
    if (isSolution) {
      const { findings } = account;
      const seen = findings.flatMap((each) =>
        each.uses ? [[nameOf(each), each.uses] as const] : [],
      );
      this.#tellKnown({ checks: findings, uses: new Map(seen) });
    }
    return account;
  }

  async #judge(candidate: Candidate, shared: SharedProcess): Promise<Account> {
    const { seed, isFull = false } = this.options;
    const known =
      candidate.kind === "solution" ? await this.#askForChecks(shared) : await this.#known;
    const { checks, uses } = known;
    const { kind, kills } = candidate;
    const namesNone = kind === "mutant" && !checks.some((check) => nameOf(check) === kills);
    if (checks.length === 0 || namesNone) return { findings: [] };
    if (isFull) return this.#alone(candidate, seed);
    const right = kind === "mutant" ? { file: join(root, this.module.solution), uses } : undefined;
    const file = answersPath(candidate);
    const account = await shared.account(candidate, { file, checks, seed, right });
    if (account && shortcomings(candidate, account).length === 0) return account;
    const alone = await this.#alone(candidate, seed + ALONE);
    return account?.outOfReach ? { ...alone, outOfReach: account.outOfReach } : alone;
  }

  async #askForChecks(shared: SharedProcess): Promise<Known> {
    const all = await shared.checks();
    if (typeof all === "string") this.#failure = `the checks of ${this.module.name} fail: ${all}`;
    const checks = typeof all === "string" ? [] : all;
    const { functionName } = this.options;
    const isOurs = (check: Check) =>
      functionName === undefined || check.functionName === functionName;
    return { checks: checks.filter(isOurs), uses: new Map() };
  }

  /** In a process that serves nobody else. */
  async #alone(candidate: Candidate, seed: number): Promise<Account> {
    const runner = new Runner(this.broker, { lanes: 1 });
    try {
      const { functionName } = this.options;
      const results = await runner.run([candidate], { functionName, seed });
      return { findings: results.map((result) => findingOf(result, result, result.seed)) };
    } finally {
      await runner.close();
    }
  }

  /** All candidates have their account: what does it prove? */
  async #conclude(): Promise<void> {
    const { module, options } = this;
    const notes: string[] = [];
    const problems: Problem[] = [];
    if (this.#failure === undefined) {
      problems.push(...lessonShortcomings(module).map((text) => ({ text })));
      problems.push(...this.#shortcomings());
      for (const gap of uncovered(this.#solutionEndedAs("passed"), this.#accounts)) {
        const note = await this.#lookAgain(gap);
        if (note) notes.push(note);
        else problems.push({ text: `${module.name}: ${gap.text}` });
      }
      problems.push(...this.#unmet(), ...this.#leftOut());
    } else {
      problems.push({ text: this.#failure });
    }
    this.#keep();
    const seconds = (performance.now() - this.#begun) / 1000;
    const accounts = this.#accounts;
    this.proof = { module, accounts, problems, notes, seconds, reused: this.#reused };
    options.onModule?.(this.proof);
  }

  #solutionEndedAs(outcome: Outcome): Finding[] {
    const [solution] = this.#candidates;
    const { findings = [] } = (solution && this.#accounts.get(solution)) ?? {};
    return findings.filter((each) => each.outcome === outcome);
  }

  #unmet(): Problem[] {
    // Some messages cannot be met on this broker; another one's run looks for them.
    if (this.#solutionEndedAs("skipped").length > 0) return [];
    const shown = [...this.#accounts.values()].flatMap(({ findings }) =>
      findings.flatMap(({ headline = [] }) => headline),
    );
    const { module, options } = this;
    return unmetMessages(module, shown, options.functionName).map((message) => ({
      text: `${module.name}: no mutant meets the message "${message}"`,
    }));
  }

  #leftOut(): Problem[] {
    if (this.broker.kind !== "docker" && this.broker.kind !== "native") return [];
    return this.#solutionEndedAs("skipped").map((finding) => ({
      text: `${this.module.name}: ${tell(finding)}`,
    }));
  }

  #shortcomings(): Problem[] {
    return this.#candidates.flatMap((candidate) => {
      const account = this.#accounts.get(candidate) ?? { findings: [] };
      const { seed } = account.findings[0] ?? this.options;
      return shortcomings(candidate, account).map((text) => ({ text, of: { candidate, seed } }));
    });
  }

  /** A busy machine may be late, and then another check catches a mutant, too: not when it is run alone. */
  async #lookAgain({ check, nearest, text }: Uncovered): Promise<string | undefined> {
    for (const mutant of nearest.slice(0, 2)) {
      const account = await this.#alone(mutant, this.options.seed + ONCE_MORE);
      const [first, ...others] = account.findings.filter(isProblem);
      if (first === undefined || others.length > 0 || nameOf(first) !== nameOf(check)) continue;
      this.#accounts.set(mutant, account);
      return `${text}\n          In a process of its own ${mutant.answers} is`;
    }
    return undefined;
  }

  #reuse(candidate: Candidate): Account | undefined {
    const findings = this.kept?.get(candidate, this.#keyOf(candidate));
    const { functionName } = this.options;
    return (
      findings && {
        findings: findings.filter(
          (each) => functionName === undefined || each.functionName === functionName,
        ),
      }
    );
  }

  /** For the next time: what is as it should be. */
  #keep(): void {
    if (this.kept === undefined || this.options.functionName !== undefined) return;
    for (const [candidate, account] of this.#accounts) {
      if (shortcomings(candidate, account).length > 0) continue;
      this.kept.put(candidate, this.#keyOf(candidate), account.findings);
    }
    this.kept.save();
  }

  readonly #keys = new Map<Candidate, string>();

  #keyOf(candidate: Candidate): string {
    const before = this.#keys.get(candidate);
    if (before !== undefined) return before;
    const key = keyOf([this.#common], closureOf([answersPath(candidate)]));
    this.#keys.set(candidate, key);
    return key;
  }
}

/** What lies in the folder of a module's checks: some of it is started by a name that is put together. */
function besides({ checks, name }: Module): string[] {
  if (checks.length === 1) return [];
  const folder = `test/exercises/${name}`;
  return readdirSync(join(root, folder)).map((file) => `${folder}/${file}`);
}

/**
 * The solution first, because it says which checks there are. Then mutants whose function has many: one
 * that fails in all of them may wait in each.
 */
function slowFirst(candidates: readonly Candidate[]): Candidate[] {
  const functionOf = ({ kills = "" }: Candidate) => kills.split(": ")[0];
  const count = (candidate: Candidate) =>
    candidate.kind === "mutant"
      ? candidates.filter((other) => functionOf(other) === functionOf(candidate)).length
      : Number.POSITIVE_INFINITY;
  return [...candidates].sort((one, other) => {
    const [a, b] = [count(one), count(other)];
    return a === b ? 0 : b - a;
  });
}
