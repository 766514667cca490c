import { type Module, readLesson } from "../modules.ts";
import { exerciseText, freshStub } from "../stub.ts";
import { Todo } from "../todo.ts";
import type { CheckResult } from "./run-checks.ts";

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
    .map((section) => ({
      run: { module: module.name, answers: "exercises" },
      functionName: section.functionName,
      title: "is written",
      output: "",
      outcome: "todo",
      explanation: { headline: new Todo(section.functionName).message },
    }));
}
