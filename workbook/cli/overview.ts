import { drawModule, drawProblem, drawTypeProblems } from "../checks/report.ts";
import { isUnreadable, type TypeProblem } from "../checks/type-check.ts";
import type { Module } from "../modules.ts";
import { paint } from "../paint.ts";
import { isDoneAt, listPlaces, type Place, type States, stateAt } from "./places.ts";

/** What the last checks found. */
export interface Findings {
  readonly states: States;
  readonly types: readonly TypeProblem[];
}

/** What is finished, the module where the learner is, and what to do in it. */
export function drawOverview(
  modules: readonly Module[],
  findings: Findings,
  here: Place | undefined,
): string {
  const { states } = findings;
  const finished = modules
    .filter((module) => module.name !== here?.module.name && isFinished(module, states))
    .map(({ name, number }) =>
      paint.green(`${number} · all ${states.get(name)?.length} functions passed`),
    );
  const parts = [finished.join("\n")];
  if (here === undefined) {
    parts.push("Every check passes: you have finished the workbook.");
  } else {
    if (here.module.lab && modules.every((module) => module.lab || isFinished(module, states))) {
      parts.push("You have finished the modules. The labs are for those who want more.");
    }
    parts.push(drawFunctions(here, findings), drawProblems(here, findings));
  }
  return parts.filter((part) => part !== "").join("\n\n");
}

/** Whether no function of a module is left to do. */
export function isFinished(module: Module, states: States): boolean {
  return listPlaces([module]).every((place) => isDoneAt(place, states));
}

/** The module of a function, with the states of all its functions; empty where none could be judged. */
export function drawFunctions({ module }: Place, { states, types }: Findings): string {
  const own = states.get(module.name) ?? [];
  return own.length === 0 || isUnreadable(module, types) ? "" : drawModule(module, own);
}

/** What is to do or wrong at a function, or keeps its file from running; empty where all is well. */
export function drawProblems(place: Place, { states, types }: Findings): string {
  const parts = [drawTypes(place.module, { states, types })];
  const problem = stateAt(place, states)?.problem;
  if (problem && !isUnreadable(place.module, types)) parts.push(drawProblem(place.module, problem));
  return parts.filter((part) => part !== "").join("\n\n");
}

/** What the compiler says of a module's exercise; empty where all is well. */
export function drawTypes({ exercise }: Module, { types }: Findings): string {
  const own = types.filter(({ file }) => file === exercise);
  return own.length > 0 ? drawTypeProblems(own) : "";
}
