import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Answers } from "./contract.ts";
import type { Finding } from "./finding.ts";

interface Entry {
  readonly key: string;
  readonly findings: readonly Finding[];
}

/** What was found out about candidates before, kept in a file for as long as nothing that matters changes. */
export class Kept {
  readonly #file: string;
  readonly #entries: Map<string, Entry>;

  /**
   * @param folder where the file is
   * @param brokerName each broker has a file of its own
   */
  constructor(folder: string, brokerName: string) {
    this.#file = join(folder, `${brokerName.replace(/[^\w.]+/g, "-")}.json`);
    this.#entries = read(this.#file);
  }

  /** @param key what `keyOf` says now */
  get(answers: Answers, key: string): readonly Finding[] | undefined {
    const entry = this.#entries.get(nameOf(answers));
    return entry?.key === key ? entry.findings : undefined;
  }

  put(answers: Answers, key: string, findings: readonly Finding[]): void {
    this.#entries.set(nameOf(answers), { key, findings });
  }

  save(): void {
    mkdirSync(dirname(this.#file), { recursive: true });
    // Whoever reads meanwhile gets the old one or the new one.
    const fresh = `${this.#file}.${process.pid}`;
    writeFileSync(fresh, JSON.stringify(Object.fromEntries(this.#entries)));
    renameSync(fresh, this.#file);
  }
}

/**
 * What a verdict depends on, in one word.
 *
 * @param facts e.g. the broker's name
 * @param files their names and what is in them
 */
export function keyOf(facts: readonly string[], files: readonly string[]): string {
  const hash = createHash("sha256").update(JSON.stringify(facts));
  for (const file of files) hash.update(`\n${file} ${contentOf(file)}`);
  return hash.digest("hex");
}

function contentOf(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

function nameOf({ module, answers }: Answers): string {
  return `${module} ${answers}`;
}

/** Nothing, where there is none, or it is no longer what was written. */
function read(file: string): Map<string, Entry> {
  try {
    const all: unknown = JSON.parse(readFileSync(file, "utf8"));
    return new Map(Object.entries(all as object).filter(([, entry]) => isEntry(entry)));
  } catch {
    return new Map();
  }
}

function isEntry(value: unknown): value is Entry {
  const { key, findings } = (value ?? {}) as Partial<Entry>;
  return typeof key === "string" && Array.isArray(findings) && findings.every(isFinding);
}

function isFinding(value: unknown): value is Finding {
  const { functionName, title, outcome } = (value ?? {}) as Partial<Finding>;
  return [functionName, title, outcome].every((word) => typeof word === "string");
}
