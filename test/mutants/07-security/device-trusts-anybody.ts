// Kills: deviceOptions: connects to no server that is not ours
// The option that makes the error go away.
import type { IClientOptions } from "mqtt";
import * as right from "../../../solutions/07-security.ts";
import type { Credentials } from "../../../workbook/security/certificates.ts";

export * from "../../../solutions/07-security.ts";

export function deviceOptions(authority: string, own: Credentials): IClientOptions {
  return { ...right.deviceOptions(authority, own), rejectUnauthorized: false };
}
