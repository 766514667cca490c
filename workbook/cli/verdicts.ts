import {
  type FunctionState,
  functionState,
  functionStates,
  isDone,
} from "../checks/function-state.ts";
import type { Runner } from "../checks/runner.ts";
import { isUnreadable, type TypeChecker, type TypeProblem } from "../checks/type-check.ts";
import { isTouched, todoResult, untouchedResults } from "../checks/untouched.ts";
import type { Module } from "../modules.ts";
import { fingerprint, recordVerdicts } from "./progress-file.ts";
import { rememberedStates } from "./remembered.ts";

/** How one module is to be checked. */
export interface ExerciseCheck {
  /** Only the checks of this function. */
  readonly functionName?: string | undefined;
  /** The function to begin with. */
  readonly first?: string | undefined;
  /** Hear of each function as soon as its verdict is known; not where its file cannot be read. */
  readonly onFunction?: (state: FunctionState) => void;
  /** Give up: nothing that was found out counts. */
  readonly signal?: AbortSignal;
}

/** How every function of the exercises stands, kept up by checks, and remembered for the next time. */
export class Verdicts {
  readonly #states = new Map<string, readonly FunctionState[]>();
  #types: readonly TypeProblem[] = [];

  constructor(
    private readonly runner: Runner,
    private readonly compiler: TypeChecker,
  ) {}

  /** By module, each function in the lesson's order. */
  get states(): ReadonlyMap<string, readonly FunctionState[]> {
    return this.#states;
  }

  /** The compiler's errors in the exercises. */
  get types(): readonly TypeProblem[] {
    return this.#types;
  }

  /**
   * What is known of a module without checking it: all that is to do where nobody has written anything yet,
   * or else what was found out the last time.
   *
   * @returns whether nothing is left to find out
   */
  recall(module: Module): boolean {
    const untouched = untouchedResults(module);
    const states = untouched
      ? functionStates(module, untouched)
      : rememberedStates(module).map((state) =>
          state.outcome === "todo"
            ? { ...state, problem: todoResult(module, state.functionName) }
            : state,
        );
    this.#states.set(module.name, states);
    return states.every((state) => !state.outdated && (isDone(state) || state.problem));
  }

  /** Check a module's exercise. Returns whether that came to its end. */
  async check(module: Module, options: ExerciseCheck = {}): Promise<boolean> {
    const { functionName, onFunction, signal } = options;
    const of = fingerprint(module);
    const untouched = untouchedResults(module, functionName);
    const compiling = isTouched(module)
      ? this.compiler.problems([module.exercise])
      : Promise.resolve([]);
    const results = untouched ?? (await this.#run(module, options, compiling));
    if (untouched) for (const each of functionStates(module, untouched)) onFunction?.(each);
    const own = await compiling;
    if (signal?.aborted) return false;
    this.#types = [...this.#types.filter(({ file }) => file !== module.exercise), ...own];
    const states = functionStates(module, results);
    this.#states.set(module.name, isUnreadable(module, own) ? [] : states);
    if (!isUnreadable(module, own)) recordVerdicts(states, of);
    return true;
  }

  #run(
    module: Module,
    { functionName, first, onFunction, signal }: ExerciseCheck,
    compiling: Promise<readonly TypeProblem[]>,
  ) {
    const run = { module: module.name, answers: "exercises" };
    return this.runner.run([run], {
      functionName,
      first,
      firstProblemOnly: true,
      ...(signal && { signal }),
      onFunction: async (results) => {
        const state = functionState(results[0]?.functionName ?? "", results);
        if (state === undefined || onFunction === undefined) return;
        // What passes can be read; else the compiler has the first word.
        if (state.problem && isUnreadable(module, await compiling)) return;
        if (!signal?.aborted) onFunction(state);
      },
    });
  }
}
