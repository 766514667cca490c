import { EnvironmentProblem } from "../environment-problem.ts";
import { CannotListen } from "../wire/cannot-listen.ts";
import { diagnoseError } from "./from-error.ts";

/**
 * For `openTap(…).catch(adviseOnTap)`.
 *
 * @throws EnvironmentProblem with what to do where the tap cannot listen; any other error as it is
 */
export function adviseOnTap(error: unknown): never {
  if (!(error instanceof CannotListen)) throw error;
  const { address, cause } = error;
  const trouble = diagnoseError(cause);
  throw new EnvironmentProblem(
    `the tap cannot listen on ${address}: ${trouble?.cause ?? cause.message}`,
    trouble?.next ?? "take another port",
    { cause },
  );
}
