import { type Module, readLesson } from "../modules.ts";
import { exerciseText, freshStub } from "../stub.ts";
import { Todo } from "../todo.ts";
import type { CheckResult } from "./contract.ts";

/** Whether somebody has worked on the exercise. */
export function isTouched(module: Module): boolean {
  return exerciseText(module) !== freshStub(module);
}

/**
 * What the checks would say of an exercise that is as it came: all of it is to do. So they need not run.
 *
 * @param functionName only of this function
 * @returns `undefined` for an exercise that somebody has worked on
 */
export function untouchedResults(module: Module, functionName?: string): CheckResult[] | undefined {
  if (isTouched(module)) return undefined;
  return readLesson(module)
    .sections.filter(
      (section) => functionName === undefined || section.functionName === functionName,
    )
    .map(({ functionName }) => todoResult(module, functionName));
}

/** What the checks say of a function that is not written yet. */
export function todoResult(module: Module, functionName: string): CheckResult {
  return {
    run: { module: module.name, answers: "exercises" },
    functionName,
    title: "is written",
    output: "",
    milliseconds: 0,
    seed: 0,
    outcome: "todo",
    explanation: { headline: new Todo(functionName).message },
  };
}
