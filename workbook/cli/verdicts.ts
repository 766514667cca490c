import { join } from "node:path";
import { type Module, readLesson, root } from "../modules.ts";
import { paint } from "../paint.ts";
import { fingerprint, recordVerdicts } from "./progress-file.ts";
import { type FunctionState, functionStates } from "./report.ts";
import type { CheckResult, OpenChecks } from "./run-checks.ts";
import { isDone, listStandings } from "./standing.ts";
import { isUnreadable, type TypeProblem, typeProblems } from "./type-check.ts";
import { isTouched, untouchedResults } from "./untouched.ts";

/** How every function stands, kept up by checks, and remembered for the next time. */
export class Verdicts {
  readonly #states = new Map<string, readonly FunctionState[]>();
  #types: readonly TypeProblem[] = [];

  constructor(
    private readonly modules: readonly Module[],
    private readonly checks: OpenChecks,
  ) {}

  /** By module, each function in the lesson's order. */
  get states(): ReadonlyMap<string, readonly FunctionState[]> {
    return this.#states;
  }

  /** The compiler's errors in the exercises. */
  get types(): readonly TypeProblem[] {
    return this.#types;
  }

  /** Find out about every module; what is known to be done, and has not changed, needs no check. */
  async checkAll(): Promise<void> {
    const open = this.modules.filter((module) => {
      const standings = listStandings([module]);
      if (standings.some((standing) => standing.outdated || !isDone(standing))) return true;
      this.#states.set(
        module.name,
        standings.map(({ functionName, outcome = "passed" }) => ({ functionName, outcome })),
      );
      return false;
    });
    if (open.length === 0) return;
    console.log(paint.dim("Checking what you have so far: a moment."));
    await this.check(open);
  }

  /** Check these modules. */
  async check(modules: readonly Module[]): Promise<void> {
    const fingerprints = new Map(modules.map((module) => [module, fingerprint(module)]));
    const [results, types] = await Promise.all([
      this.#run(modules),
      typeProblems(this.modules.filter(isTouched).map(({ exercise }) => exercise)),
    ]);
    this.#types = types;
    for (const [module, of] of fingerprints) {
      if (isUnreadable(module, types)) continue;
      const states = functionStates(module, results);
      recordVerdicts(states, of);
      // Where the checks as a whole could not start, that is what there is to say of every function.
      const stray = results.find(
        ({ run, functionName }) => run.module === module.name && functionName === "",
      );
      const all = readLesson(module).sections.flatMap(({ functionName }): FunctionState[] => {
        const state = states.find((each) => each.functionName === functionName);
        if (state) return [state];
        return stray ? [{ functionName, outcome: stray.outcome, problem: stray }] : [];
      });
      this.#states.set(module.name, all);
    }
  }

  async #run(modules: readonly Module[]): Promise<CheckResult[]> {
    const toDo = modules.flatMap((module) => untouchedResults(module) ?? []);
    const touched = modules.filter(isTouched);
    if (touched.length === 0) return toDo;
    return [...toDo, ...(await this.checks.run(touched.map(({ name }) => name)))];
  }

  /** An exercise was saved: load it anew at the next check. */
  changed({ exercise }: Module): void {
    this.checks.changed(join(root, exercise));
  }
}
