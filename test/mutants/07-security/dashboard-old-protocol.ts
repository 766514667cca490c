// Kills: dashboardOptions: gets in where it belongs
// The library speaks 3.1.1 unless it is told otherwise.
import type { IClientOptions } from "mqtt";
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function dashboardOptions(
  authority: string,
  username: string,
  password: string,
): IClientOptions {
  return { ...right.dashboardOptions(authority, username, password), protocolVersion: 4 };
}
