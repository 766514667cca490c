// Kills: dashboardOptions: gets in where it belongs
// Nobody has told the client whom to trust.
import type { IClientOptions } from "mqtt";
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function dashboardOptions(
  authority: string,
  username: string,
  password: string,
): IClientOptions {
  const { ca, ...others } = right.dashboardOptions(authority, username, password);
  return others;
}
