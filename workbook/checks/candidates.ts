import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Module, root } from "../modules.ts";
import type { Answers } from "./contract.ts";

/** A file of answers, and what the checks of its module must say of it. */
export interface Candidate extends Answers {
  /** The solution and other accepted answers are right, a stub is to do, a mutant is wrong. */
  readonly kind: "solution" | "accepted" | "stub" | "mutant";
  /** Of a mutant: the check that must catch it, `function: title`. */
  readonly kills?: string;
}

/** All answers to a module whose verdict is known: the solution first. */
export function listCandidates({ name, solution, exercise }: Module): Candidate[] {
  return [
    { kind: "solution", module: name, answers: solution },
    ...filesIn(`test/accepted/${name}`).map(
      (answers): Candidate => ({ kind: "accepted", module: name, answers }),
    ),
    { kind: "stub", module: name, answers: exercise },
    ...filesIn(`test/mutants/${name}`).map(
      (answers): Candidate => ({ kind: "mutant", module: name, answers, kills: killsOf(answers) }),
    ),
  ];
}

function killsOf(file: string): string {
  const [first = ""] = readFileSync(join(root, file), "utf8").split("\n");
  return first.match(/^\/\/ Kills: (.+)$/)?.[1] ?? "";
}

function filesIn(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder))
    .filter((file) => file.endsWith(".ts"))
    .sort()
    .map((file) => `${folder}/${file}`);
}
