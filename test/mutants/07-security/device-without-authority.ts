// Kills: deviceOptions: gets in where it belongs
// Nobody has told the client whom to trust.
import type { IClientOptions } from "mqtt";
import * as right from "../../../solutions/07-security.ts";
import type { Credentials } from "../../../workbook/security/certificates.ts";

export * from "../../../solutions/07-security.ts";

export function deviceOptions(authority: string, own: Credentials): IClientOptions {
  const { ca, ...others } = right.deviceOptions(authority, own);
  return others;
}
