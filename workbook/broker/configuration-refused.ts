import { EnvironmentProblem } from "../environment-problem.ts";

/** Mosquitto itself says that it cannot start like this. With a configuration of ours, no fault of a learner. */
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
