import type { FunctionState } from "../checks/function-state.ts";
import { type Module, readLesson } from "../modules.ts";
import { fingerprint, readProgress } from "./progress-file.ts";

/** How the functions of a module stood when they were last checked, in the lesson's order. */
export function rememberedStates(module: Module): FunctionState[] {
  const { verdicts } = readProgress();
  const now = fingerprint(module);
  return readLesson(module).sections.map(({ functionName }): FunctionState => {
    const verdict = verdicts[functionName];
    if (verdict === undefined) return { functionName };
    const { outcome, of } = verdict;
    return { functionName, outcome, ...(of !== now && { outdated: true }) };
  });
}
