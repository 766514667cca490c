// Kills: dashboardOptions: connects to no server that is not ours
// The option that makes the error go away.
import type { IClientOptions } from "mqtt";
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function dashboardOptions(
  authority: string,
  username: string,
  password: string,
): IClientOptions {
  return { ...right.dashboardOptions(authority, username, password), rejectUnauthorized: false };
}
