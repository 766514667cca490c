import type { Conditions } from "../workbook/checks/contract.ts";

/** What the run's beginning tells each process with tests. */
export interface Provided {
  broker: Conditions["broker"];
}

declare module "vitest" {
  interface ProvidedContext extends Provided {}
}
