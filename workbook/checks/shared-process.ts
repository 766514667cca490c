import type { Candidate } from "./candidates.ts";
import { type Check, nameOf, type Report } from "./contract.ts";
import { type Account, type Finding, findingOf } from "./finding.ts";
import type { CheckProcess } from "./process.ts";
import { reaches, type Uses } from "./reach.ts";

/** What a process with checks does for a proof. */
export type Host = Pick<CheckProcess, "ready" | "run" | "compare" | "leave" | "kill" | "lastWords">;

/** The right answer, for the checks that need not run on a mutant. */
export interface Right {
  readonly file: string;
  readonly uses: Uses;
}

/**
 * Why a process can serve no other candidate after this report, or its verdict may come from an earlier one;
 * `undefined` where all is well.
 */
function dirtOf(report: Report | undefined): string | undefined {
  if (report === undefined) return "its process ended";
  return report.residue.length > 0 ? `it left ${report.residue.join(", ")}` : undefined;
}

/** A warm process that serves one candidate after the other, as long as none of them leaves a trace. */
export class SharedProcess {
  #own: Host | undefined;

  /**
   * @param start makes a process
   * @param judge whether a report is genuine
   */
  constructor(
    private readonly start: () => Host,
    private readonly judge: (check: Check, report: Report) => Report,
  ) {}

  /** The checks of the module; in words why there are none, where they cannot start. */
  async checks(): Promise<readonly Check[] | string> {
    const own = this.#take();
    const checks = await own.ready;
    if (checks !== undefined) return checks;
    await this.#replace();
    return own.lastWords.match(/^\w*Error.*$/m)?.[0] ?? "their process ended";
  }

  /**
   * Run these checks on a candidate.
   *
   * @param right where it is given, a mutant meets only the checks that can tell it from this one
   * @returns `undefined` where nobody can rely on it: only a process of its own can tell
   */
  async account(
    { kind, kills }: Candidate,
    { file, checks, seed, right }: Job,
  ): Promise<Account | undefined> {
    const own = this.#take();
    // A process that is not ready yet would know none of the checks.
    if ((await own.ready) === undefined) return this.#replace();
    const findings: Finding[] = [];
    const serve = async (todo: readonly Check[]): Promise<boolean> => {
      for (const check of todo) {
        const report = await own.run({ file, check, seed });
        if (report === undefined || dirtOf(report)) return false;
        const finding = findingOf(check, this.judge(check, report), seed);
        findings.push(kind === "solution" ? { ...finding, uses: report.uses } : finding);
      }
      return true;
    };
    if (right === undefined) return (await serve(checks)) ? { findings } : this.#replace();
    const comparison = await own.compare(file, right.file);
    if (comparison === undefined || comparison.residue.length > 0) return this.#replace();
    const { changed } = comparison;
    const isNamed = (check: Check) => nameOf(check) === kills;
    const isReached = (check: Check) => reaches(check, right.uses, changed);
    // The named one runs in any case. In their order: some share what they work with.
    const needed = checks.filter((check) => isNamed(check) || isReached(check));
    if (!(await serve(needed))) return this.#replace();
    const isMissed = checks.some((check) => isNamed(check) && !isReached(check));
    return { findings, ...(isMissed && { outOfReach: changed }) };
  }

  async leave(): Promise<void> {
    await this.#own?.leave();
    this.#own = undefined;
  }

  #take(): Host {
    this.#own ??= this.start();
    return this.#own;
  }

  async #replace(): Promise<undefined> {
    await this.#own?.kill();
    this.#own = undefined;
  }
}

/** What there is to do with one candidate. */
export interface Job {
  readonly file: string;
  readonly checks: readonly Check[];
  readonly seed: number;
  readonly right?: Right | undefined;
}
