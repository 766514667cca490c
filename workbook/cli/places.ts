import { type FunctionState, isDone } from "../checks/function-state.ts";
import { drawState, drawTitle } from "../checks/report.ts";
import { type Module, readLesson } from "../modules.ts";

/** One function of the workbook: what a learner has open. */
export interface Place {
  readonly module: Module;
  readonly functionName: string;
}

/** How the functions of each module stand, by the module's name. */
export type States = ReadonlyMap<string, readonly FunctionState[]>;

/** Every function in order. Its number in the list is its index and one. */
export function listPlaces(modules: readonly Module[]): Place[] {
  return modules.flatMap((module) =>
    readLesson(module).sections.map(({ functionName }) => ({ module, functionName })),
  );
}

export function stateAt(place: Place, states: States): FunctionState | undefined {
  return states.get(place.module.name)?.find((state) => isAt(state, place));
}

export function isDoneAt(place: Place, states: States): boolean {
  return isDone(stateAt(place, states) ?? {});
}

/** The first function that is not done, looking on from behind a place, and then from the start. */
export function nextOpen(
  places: readonly Place[],
  states: States,
  from?: Place,
): Place | undefined {
  const at = places.findIndex((place) => isAt(place, from));
  const inTurn = [...places.slice(at + 1), ...places.slice(0, Math.max(0, at))];
  return inTurn.find((place) => !isDoneAt(place, states));
}

/** Every function with its number and state, the labs apart from the modules. */
export function drawPlaces(places: readonly Place[], states: States, here?: Place): string {
  const lines: string[] = [];
  for (const [index, place] of places.entries()) {
    const { module, functionName } = place;
    const before = places[index - 1]?.module;
    if (module.lab && !before?.lab) lines.push("", "Labs, for those who want more:", "");
    if (module.name !== before?.name) lines.push(drawTitle(module));
    const words = drawState(stateAt(place, states) ?? { functionName });
    const mark = isAt(place, here) ? "  (you are here)" : "";
    lines.push(`  ${String(index + 1).padStart(2)}  ${words}${mark}`);
  }
  return lines.join("\n");
}

function isAt(one: { functionName: string }, other: { functionName: string } | undefined): boolean {
  return one.functionName === other?.functionName;
}
