// Kills: dashboardOptions: connects to no server that is not ours
// Any server of our authority passes for the broker.
import type { IClientOptions } from "mqtt";
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function dashboardOptions(
  authority: string,
  username: string,
  password: string,
): IClientOptions {
  return {
    ...right.dashboardOptions(authority, username, password),
    checkServerIdentity: () => undefined,
  } as IClientOptions;
}
