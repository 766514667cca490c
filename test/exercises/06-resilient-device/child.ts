import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { answersFile } from "../../../workbook/checks/harness/answers.ts";
import { within } from "../../../workbook/checks/harness/deadline.ts";
import { brokerGone, type Desk } from "../../../workbook/checks/harness/desk.ts";
import { Todo } from "../../../workbook/todo.ts";

/** How long a process may take to start on a machine that is busy, in milliseconds. */
const START = 12_000;

/** A process of the answers' own. */
export interface Child {
  /** Resolves when it has ended, whatever ended it. */
  readonly gone: Promise<unknown>;
  /** Resolves when it has printed so many lines. Rejects with what went wrong in it. */
  printed(count: number): Promise<void>;
}

/**
 * Start one of this folder's programs with the answers under test, in a process that ends with the check.
 * Resolves at once.
 *
 * @param program e.g. `journal-process.ts`; prints a line for each step, or `failed` and the error in JSON
 */
export function startChild(desk: Desk, program: string, data: unknown): Child {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(
    process.execPath,
    ["--import", "tsx", file, answersFile("Journal"), JSON.stringify(data)],
    { stdio: ["ignore", "pipe", "ignore"] },
  );
  // With all that it had printed.
  const gone = once(child, "close");
  desk.atEnd(async () => {
    child.kill("SIGKILL");
    await gone;
  });
  let lines = 0;
  let failure: Error | undefined;
  let news = () => {};
  createInterface(child.stdout).on("line", (line) => {
    if (line.startsWith("failed ")) failure = errorOf(line.slice("failed ".length));
    else lines++;
    news();
  });
  child.once("exit", (code) => {
    if (code) failure ??= new Error(`the process ended with code ${code}`);
    news();
  });
  const printed = (count: number) =>
    within(
      new Promise<void>((resolve, reject) => {
        news = () => {
          if (failure) reject(failure);
          else if (lines >= count) resolve();
        };
        news();
      }),
      () => brokerGone(`a process of the check printed ${lines} lines, not ${count}`),
      START,
    );
  return { gone, printed };
}

/** The error as it was in the other process. */
function errorOf(text: string): Error {
  const { name, message, todo } = JSON.parse(text);
  return todo ? new Todo(todo) : Object.assign(new Error(message), { name });
}
