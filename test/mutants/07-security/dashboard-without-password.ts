// Kills: dashboardOptions: gets in where it belongs
// A name is no proof.
import type { IClientOptions } from "mqtt";
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function dashboardOptions(
  authority: string,
  username: string,
  password: string,
): IClientOptions {
  const { password: _, ...others } = right.dashboardOptions(authority, username, password);
  return others;
}
