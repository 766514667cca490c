import { EnvironmentProblem } from "../environment-problem.ts";

/**
 * Mosquitto itself says that it cannot start with its configuration. Trouble with the environment where
 * that is the workbook's own; a wrong answer where a learner wrote it.
 */
export class ConfigurationRefused extends EnvironmentProblem {
  /** @param complaint what Mosquitto said, e.g. `Error: Unknown configuration variable "listen".` */
  constructor(
    message: string,
    readonly complaint: string,
    next: string,
  ) {
    super(message, next);
  }
}
