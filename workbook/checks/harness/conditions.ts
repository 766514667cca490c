import type { Conditions } from "../contract.ts";

/** The key is none of the checks' business: an answer could ask them for it. */
type Known = Omit<Conditions, "key">;

let given: Known | undefined;

/** Called once, by whoever hosts the checks, before any of them runs. */
export function setConditions({ key: _, ...known }: Conditions): void {
  given = known;
}

/** What this process was told: its broker, and how it judges. */
export function conditions(): Known {
  if (given === undefined) throw new Error("nobody has said which broker the checks shall use");
  return given;
}
