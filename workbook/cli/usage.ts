import { drawEnvironmentProblem, EnvironmentProblem } from "../environment-problem.ts";
import { endWhenUnheard } from "../unheard.ts";
import { UsageError } from "../usage-error.ts";

/** 0 fine, 1 to do or wrong, 2 the command was not understood, 3 the environment is broken. */
export const exitCodes = { fine: 0, wrong: 1, usage: 2, environment: 3 } as const;

/**
 * Run a command and end with its exit code. Bad usage and a broken environment become two lines: what
 * is wrong, what to type next.
 */
export async function runCommand(command: () => Promise<number>): Promise<never> {
  endWhenUnheard();
  let code: number;
  try {
    code = await command();
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`${error.message}.\nNext: ${error.next}`);
      code = exitCodes.usage;
    } else if (error instanceof EnvironmentProblem) {
      console.error(drawEnvironmentProblem(error));
      code = exitCodes.environment;
    } else {
      throw error;
    }
  }
  process.exit(code);
}
