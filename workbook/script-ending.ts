import { relative } from "node:path";
import { drawEnvironmentProblem, EnvironmentProblem } from "./environment-problem.ts";
import { drawRows, type Row, screenWidth } from "./rows.ts";
import { Todo } from "./todo.ts";
import { type Diagnosis, diagnose } from "./troubles/diagnosis.ts";
import { diagnoseError } from "./troubles/from-error.ts";
import { diagnoseWaiting, diagnoseWire, lastPayloadNotJson } from "./troubles/from-wire.ts";
import { listPackets } from "./wire/diagram.ts";
import type { Entry } from "./wire/transcript.ts";

/** How a script may end before its `main` is done. */
export type Ending =
  /** In `main`, or where nobody can catch it. */
  | { readonly how: "thrown"; readonly error: unknown }
  /** By a call of `process.exit`, made where this error was. */
  | { readonly how: "exited"; readonly code: unknown; readonly at: Error }
  /** `main` waits, and there is no connection and no timer that could wake it. */
  | { readonly how: "idle" }
  /** By a signal, such as Ctrl-C. */
  | { readonly how: "stopped" };

/** How many packets stand for the end of the wire. */
const LAST = 6;

/** 1 for what is to do or wrong, 3 where the environment is broken. A signal has its own. */
export function exitCodeOf(ending: Ending): number {
  return ending.how === "thrown" && ending.error instanceof EnvironmentProblem ? 3 : 1;
}

/**
 * What happened, where to look, what the wire shows, why, and what to do next.
 *
 * @param file the script
 * @param entries what crossed its wire
 * @param from the first of them that was not drawn yet
 */
export function drawEnding(
  ending: Ending,
  file: string,
  entries: readonly Entry[],
  from: number,
  width = screenWidth(),
): string {
  const name = relative(process.cwd(), file);
  const draw = (rows: readonly Row[]) => drawRows(rows, width);
  switch (ending.how) {
    case "thrown": {
      const { error } = ending;
      if (error instanceof EnvironmentProblem) return drawEnvironmentProblem(error, width);
      if (error instanceof Todo) {
        return draw([
          ["To do:", `${error.message}: ${lineIn(error, file, name) ?? name}`],
          ["Next:", `write it, then run  npx tsx ${name}`],
        ]);
      }
      return draw(tellError(error, file, name, entries, from));
    }
    case "exited": {
      const { cause, next } = diagnose("processExit");
      return draw([
        ["Ended:", `process.exit(${ending.code ?? ""}) was called, and main was not done`],
        ["Look at:", lineIn(ending.at, file, name)],
        ["Why:", cause],
        ["Next:", next],
      ]);
    }
    case "idle":
      return draw([
        ["Unfinished:", "main waits, and no connection and no timer is left to wake it"],
        ...tellWaiting(entries, from),
      ]);
    case "stopped":
      return draw([["Stopped:", "main was not done"], ...tellWaiting(entries, from)]);
  }
}

function tellError(
  error: unknown,
  file: string,
  name: string,
  entries: readonly Entry[],
  from: number,
): Row[] {
  const place = error instanceof Error ? lineIn(error, file, name) : undefined;
  const trouble = fromError(error, entries) ?? diagnoseWire(entries, from)[0];
  // Without a cause and a place in the script the stack is all there is.
  const whole = trouble === undefined && place === undefined && error instanceof Error;
  return [
    ["Error:", whole ? (error.stack ?? error.message) : String(error)],
    ["Look at:", place],
    ["Wire:", trouble && listPackets(trouble.evidence)],
    ["Why:", trouble?.cause],
    ["Next:", trouble?.next],
  ];
}

function fromError(error: unknown, entries: readonly Entry[]): Diagnosis | undefined {
  const trouble = diagnoseError(error);
  if (trouble?.name !== "payloadNotJson") return trouble;
  const culprit = lastPayloadNotJson(entries);
  return { ...trouble, evidence: culprit ? [culprit] : [] };
}

function tellWaiting(entries: readonly Entry[], from: number): Row[] {
  const trouble = diagnoseWire(entries, from)[0] ?? diagnoseWaiting(entries, from);
  const last = new Set([...entries.slice(-LAST), ...trouble.evidence]);
  const shown = entries.filter((entry) => last.has(entry));
  return [
    ["Wire:", listPackets(shown) || "no packet"],
    ["Why:", trouble.cause],
    ["Next:", trouble.next],
  ];
}

/** Where in the file the error was thrown, as `file:line`. */
function lineIn(error: Error, file: string, name: string): string | undefined {
  const line = error.stack?.split("\n").find((frame) => frame.includes(file));
  const number = line?.match(/:(\d+):\d+\)?$/)?.[1];
  return number === undefined ? undefined : `${name}:${number}`;
}
