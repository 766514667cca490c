import { EnvironmentProblem } from "../../environment-problem.ts";
import { Todo } from "../../todo.ts";
import { diagnoseError } from "../../troubles/from-error.ts";
import type { Verdict } from "../contract.ts";
import { isOwnProblem } from "./desk.ts";
import { NotOnThisBroker } from "./not-on-this-broker.ts";
import { Wrong } from "./wrong.ts";

/** What a learner's function threw, explained; what explains itself stays as it is. */
export function explainThrown(functionName: string, thrown: unknown): unknown {
  if ([Wrong, Todo, EnvironmentProblem, NotOnThisBroker].some((kind) => thrown instanceof kind)) {
    return thrown;
  }
  return asWrong(functionName, thrown);
}

function asWrong(functionName: string, thrown: unknown): Wrong {
  if (!(thrown instanceof Error)) {
    return new Wrong({
      headline: `${functionName} threw something that is no error`,
      expected: "no error",
      got: String(thrown),
      why: "who catches it expects an Error, with a message and the place where it was thrown",
    });
  }
  const trouble = diagnoseError(thrown);
  const wrong = new Wrong({
    headline: `${functionName} threw an error`,
    expected: "no error",
    got: `${thrown.name}: ${thrown.message.split("\n")[0]}`,
    why: trouble
      ? `${trouble.cause}; ${trouble.next}`
      : "the error came out of your function, or out of something it called",
  });
  if (thrown.stack !== undefined) wrong.stack = thrown.stack;
  return wrong;
}

/**
 * The verdict that a check has reached by throwing.
 *
 * @param placeIn the place in the answers where an error was thrown, if there is one
 */
export function verdictOn(
  functionName: string,
  thrown: unknown,
  placeIn: (error: Error) => string | undefined,
): Verdict {
  if (thrown instanceof NotOnThisBroker) {
    return { outcome: "skipped", explanation: { headline: thrown.message } };
  }
  if (thrown instanceof Todo) return { outcome: "todo", explanation: { headline: thrown.message } };
  if (isOwnProblem(thrown)) {
    const { message, next } = thrown;
    return { outcome: "environment", explanation: { headline: message, next } };
  }
  const wrong = thrown instanceof Wrong ? thrown : asWrong(functionName, thrown);
  const lookAt = wrong.explanation.lookAt ?? placeIn(wrong);
  return { outcome: "wrong", explanation: { ...wrong.explanation, ...(lookAt && { lookAt }) } };
}
