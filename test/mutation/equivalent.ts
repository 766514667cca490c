import { readFileSync } from "node:fs";
import type { Change } from "./mutants.ts";

/** A mutant that no check should kill: what it does is as right as the solution. */
export interface Equivalent extends Change {
  /** The module's name. */
  readonly solution: string;
  /** Why nobody should tell it from the solution. */
  readonly why: string;
}

export const equivalents: readonly Equivalent[] = JSON.parse(
  readFileSync(new URL("equivalent.json", import.meta.url), "utf8"),
);
