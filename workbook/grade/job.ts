import type { CheckResult } from "../checks/contract.ts";

/** What the marker of a submission is told: one line of JSON on its standard input. */
export interface Job {
  /** Put before each line of its answer, so that nothing else that is printed passes for one. */
  readonly secret: string;
  readonly modules: readonly string[];
  /** Absent where the marker shall start an embedded broker of its own. */
  readonly broker?: { readonly url: string; readonly name: string };
}

/** What the marker of a submission says: the job's secret, a space, and this as JSON, a line each. */
export type Word =
  | { readonly kind: "result"; readonly result: CheckResult }
  | { readonly kind: "environment"; readonly message: string; readonly next: string }
  | { readonly kind: "done"; readonly broker: string };
