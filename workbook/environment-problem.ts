import { drawRows, screenWidth } from "./rows.ts";

/**
 * Something around the code is broken (no broker, no Docker, a port that is taken), so no verdict on
 * the code is possible. Shown as one line: what, why, what to type next. Exit code 3.
 */
export class EnvironmentProblem extends Error {
  override readonly name = "EnvironmentProblem";

  /**
   * @param message what is wrong and why, in one sentence without a full stop
   * @param next what to type or do next
   */
  constructor(
    message: string,
    readonly next: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The problem as it is shown: what is wrong and why, and what to do next. */
export function drawEnvironmentProblem(
  { message, next }: EnvironmentProblem,
  width = screenWidth(),
): string {
  return drawRows(
    [
      ["Environment:", `${message}.`],
      ["Next:", next],
    ],
    width,
  );
}
