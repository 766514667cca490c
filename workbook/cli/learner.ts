import { type FunctionState, isDone } from "../checks/function-state.ts";
import { drawProblem } from "../checks/report.ts";
import { isUnreadable } from "../checks/type-check.ts";
import { listDeclarations } from "../declarations.ts";
import { type Module, readLesson } from "../modules.ts";
import { paint } from "../paint.ts";
import { exerciseText } from "../stub.ts";
import { drawDifference } from "./difference.ts";
import { drawLessonText } from "./lesson-text.ts";
import {
  drawFunctions,
  drawOverview,
  drawProblems,
  drawTypes,
  type Findings,
  isFinished,
} from "./overview.ts";
import { drawPlaces, isDoneAt, listPlaces, nextOpen, type Place, stateAt } from "./places.ts";
import { hintsLeft, revealHint, withoutHints } from "./reveal-hint.ts";

/**
 * Which function a learner is at, and what there is to show about it. Only the learner moves: by a key,
 * or by writing in another function.
 */
export class Learner {
  #here: Place | undefined;
  readonly #places: readonly Place[];
  /** The exercises as they were at the last check, by module. */
  readonly #texts = new Map<string, string>();
  readonly #done = new Set<string>();

  constructor(
    private readonly modules: readonly Module[],
    private readonly findings: Findings,
  ) {
    this.#places = listPlaces(modules);
    this.#here = nextOpen(this.#places, findings.states);
    for (const module of modules) this.#texts.set(module.name, exerciseText(module) ?? "");
    this.#noteDone();
  }

  /** The module where the learner is. */
  get module(): Module {
    const module = this.#here?.module ?? this.modules.at(-1);
    if (module === undefined) throw new Error("the workbook has no modules");
    return module;
  }

  /** Where everything stands. */
  overview(): string {
    const overview = drawOverview(this.modules, this.findings, this.#here);
    const isDone = this.#here && isDoneAt(this.#here, this.findings.states);
    return isDone ? `${overview}\n\n${this.#nextStep()}` : overview;
  }

  /** The function of that module at which the learner is. */
  functionIn(module: Module): string | undefined {
    return this.#here?.module === module ? this.#here.functionName : undefined;
  }

  /** An exercise was saved: whoever writes in a function is at that function. */
  follow(module: Module): void {
    const before = this.#texts.get(module.name) ?? "";
    const after = exerciseText(module) ?? "";
    const places = listPlaces([module]);
    // A file that was caught half-way through being written says nothing of where the learner is.
    const now = codeByName(after);
    if (!places.some(({ functionName }) => now.has(functionName))) return;
    this.#texts.set(module.name, after);
    const then = codeByName(before);
    const changed = places.filter(
      ({ functionName }) => then.get(functionName) !== now.get(functionName),
    );
    const isHere = changed.some(({ functionName }) => functionName === this.#here?.functionName);
    if (!isHere) this.#here = changed[0] ?? this.#here;
  }

  /** What the checks found of one function, before anything is known of the others. */
  firstVerdict(module: Module, { functionName, problem }: FunctionState): string {
    if (problem) return drawProblem(module, problem);
    return paint.bold(`✔ ${functionName} passes.`);
  }

  /**
   * What the checks found: what is wrong here, or what there is to see now that it passes.
   *
   * @param isTold the verdict on the function here was on the screen already
   */
  verdict(isTold = false): string {
    // Where all was done there may now be something to do again.
    this.#here ??= nextOpen(this.#places, this.findings.states);
    if (this.#here === undefined) return this.overview();
    const { module, functionName } = this.#here;
    const problems = isTold
      ? drawTypes(module, this.findings)
      : drawProblems(this.#here, this.findings);
    if (isUnreadable(module, this.findings.types)) return problems;
    const isNew = !this.#done.has(functionName);
    this.#noteDone();
    const parts = [drawFunctions(this.#here, this.findings), problems];
    if (isDoneAt(this.#here, this.findings.states)) {
      if (isNew) parts.unshift(drawDifference(module, functionName));
      if (!isTold) parts.push(this.firstVerdict(module, { functionName }));
      parts.push(this.#afterPass(this.#here, isNew));
    }
    return parts.filter((part) => part !== "").join("\n\n");
  }

  #afterPass({ module }: Place, isNew: boolean): string {
    const parts: string[] = [];
    if (isNew && isFinished(module, this.findings.states)) {
      const { keyQuestion } = readLesson(module);
      parts.push(
        `That is all of module ${module.number}. Its key question:`,
        drawLessonText(keyQuestion),
        "Answer it for yourself. Then press a for the workbook's answer.",
      );
    }
    parts.push(this.#nextStep());
    return parts.join("\n\n");
  }

  #nextStep(): string {
    const next = nextOpen(this.#places, this.findings.states, this.#here);
    return next === undefined
      ? "Every check passes: you have finished the workbook."
      : `Next is ${next.functionName}: press n when you are ready.`;
  }

  #noteDone(): void {
    for (const place of this.#places) {
      if (isDoneAt(place, this.findings.states)) this.#done.add(place.functionName);
      else this.#done.delete(place.functionName);
    }
  }

  hint(): string {
    if (this.#here === undefined)
      return "Every function passes: there is nothing to give hints for.";
    const { module, functionName } = this.#here;
    const text = revealHint(module, functionName);
    if (text === undefined) return withoutHints(module, functionName);
    const left = hintsLeft(module, functionName);
    return `${text}\n\n${paint.dim(left > 0 ? `Press h for the next one: ${left} left.` : "That was the last one.")}`;
  }

  /** What crossed the wire in the check that failed, or where it passes, in the first one. */
  wire(): string {
    const state = this.#here && stateAt(this.#here, this.findings.states);
    if (this.#here === undefined || state === undefined) return "Nothing has been checked yet.";
    const { functionName, problem, diagram } = state;
    if (problem?.outcome === "todo") {
      return `${functionName} is not written yet, so nothing has crossed the wire.`;
    }
    if (diagram === undefined) {
      return problem === undefined
        ? `Save the file to check ${functionName} again; then there is a wire to show.`
        : `No packet crossed the wire when ${functionName} was checked.`;
    }
    const title = problem
      ? `${functionName}, when it was checked: ${problem.title}`
      : `${functionName}, in its first check`;
    return `${paint.bold(title)}\n\n${diagram}`;
  }

  /** Go on to the next function that is not done. */
  next(): string {
    const next = nextOpen(this.#places, this.findings.states, this.#here);
    if (next === undefined) {
      return this.#here && !isDoneAt(this.#here, this.findings.states)
        ? `${this.#here.functionName} is the only one left.`
        : "Every check passes: there is no next function.";
    }
    return this.#goTo(next);
  }

  list(): string {
    const list = drawPlaces(this.#places, this.findings.states, this.#here);
    return `${list}\n\nTo go to a function, type its number and Enter.`;
  }

  /** @param number as in the list, from 1 */
  goToNumber(number: number): string {
    const place = this.#places[number - 1];
    if (place) return this.#goTo(place);
    return `There is no function ${number}: the list has 1 to ${this.#places.length}.`;
  }

  #goTo(place: Place): string {
    this.#here = place;
    return [drawFunctions(place, this.findings), this.#stand(place)].join("\n\n");
  }

  /** What there is to say of a function without checking it. */
  #stand(place: Place): string {
    const problems = drawProblems(place, this.findings);
    if (problems !== "") return problems;
    const state = stateAt(place, this.findings.states);
    const { functionName } = place;
    if (state === undefined || !isDone(state)) {
      return `Save ${place.module.exercise} to check ${functionName}.`;
    }
    return this.firstVerdict(place.module, { functionName });
  }

  /** The answer to the key question, once all of the module passes. */
  keyAnswer(): string {
    const { module } = this;
    if (!isFinished(module, this.findings.states)) {
      return "The key question comes when all functions of the module pass.";
    }
    const { keyQuestion, keyAnswer } = readLesson(module);
    return `${paint.bold("Key question")}\n\n${drawLessonText(keyQuestion)}\n\n${paint.bold("Answer")}\n\n${drawLessonText(keyAnswer)}`;
  }
}

/** The code of everything that a file declares at its top level. */
function codeByName(source: string): Map<string, string> {
  const code = new Map<string, string>();
  for (const declaration of listDeclarations(source)) {
    const { name } = declaration;
    if (name !== undefined) code.set(name, (code.get(name) ?? "") + declaration.code);
  }
  return code;
}
