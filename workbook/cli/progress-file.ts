import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Outcome } from "../checks/contract.ts";
import { type Module, root } from "../modules.ts";

/** What the workbook remembers of a learner between two commands. Git ignores it. */
export const progressFile = ".workbook/progress.json";

/** How the checks of a function went, and of what. */
export interface RememberedOutcome {
  readonly outcome: Outcome;
  /** The fingerprint of what was checked. */
  readonly of: string;
}

interface Progress {
  /** By function. */
  readonly verdicts: Readonly<Record<string, RememberedOutcome>>;
  /** By function, how many hints were shown. */
  readonly hints: Readonly<Record<string, number>>;
}

/** Stands for a module's exercise and its checks as they are now: a verdict holds until either changes. */
export function fingerprint({ exercise, checks }: Module): string {
  const hash = createHash("sha256");
  for (const file of [exercise, ...checks]) {
    const path = join(root, file);
    hash.update(existsSync(path) ? readFileSync(path) : "").update("\0");
  }
  return hash.digest("hex").slice(0, 16);
}

export function readProgress(): Progress {
  const path = join(root, progressFile);
  if (!existsSync(path)) return { verdicts: {}, hints: {} };
  try {
    const { verdicts, hints } = JSON.parse(readFileSync(path, "utf8"));
    return { verdicts: entries(verdicts, isVerdict), hints: entries(hints, isCount) };
  } catch {
    renameSync(path, `${path}.unreadable`);
    console.error(
      `Note: ${progressFile} could not be read. It is now ${progressFile}.unreadable;\n` +
        "      progress is computed anew with each check.",
    );
    return { verdicts: {}, hints: {} };
  }
}

/** Change what is remembered. What other commands wrote meanwhile is kept. */
export function updateProgress(change: (progress: Progress) => Progress): void {
  const path = join(root, progressFile);
  const fresh = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(fresh, `${JSON.stringify(change(readProgress()), null, 2)}\n`);
    // In one step, so that nobody ever reads half of it.
    renameSync(fresh, path);
  } catch (error) {
    console.error(`Note: your progress cannot be kept: ${(error as Error).message}`);
  }
}

/** Remember how the checks of these functions went. Where nothing was found out, nothing changes. */
export function recordVerdicts(
  states: readonly { readonly functionName: string; readonly outcome?: Outcome }[],
  of: string,
): void {
  const verdicts = Object.fromEntries(
    states.flatMap(({ functionName, outcome }) =>
      outcome === undefined || outcome === "environment" ? [] : [[functionName, { outcome, of }]],
    ),
  );
  if (Object.keys(verdicts).length === 0) return;
  updateProgress((old) => ({ ...old, verdicts: { ...old.verdicts, ...verdicts } }));
}

/** Remember nothing of these functions any more. */
export function forget(functionNames: readonly string[]): void {
  const without = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(record).filter(([name]) => !functionNames.includes(name)));
  updateProgress(({ verdicts, hints }) => ({ verdicts: without(verdicts), hints: without(hints) }));
}

/** Those entries of a record that are what they should be; of anything else none. */
function entries<T>(record: object, fits: (value: unknown) => value is T): Record<string, T> {
  const all: [string, unknown][] = Object.entries(record);
  return Object.fromEntries(all.filter((entry): entry is [string, T] => fits(entry[1])));
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value);
}

function isVerdict(value: unknown): value is RememberedOutcome {
  if (typeof value !== "object" || value === null) return false;
  const { outcome, of } = value as Partial<RememberedOutcome>;
  return typeof outcome === "string" && typeof of === "string";
}
