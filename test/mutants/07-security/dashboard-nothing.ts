// Kills: dashboardOptions: gets in where it belongs
// The options are made, and not returned.
import type { IClientOptions } from "mqtt";
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function dashboardOptions(
  authority: string,
  username: string,
  password: string,
): IClientOptions {
  return void right.dashboardOptions(authority, username, password) as unknown as IClientOptions;
}
