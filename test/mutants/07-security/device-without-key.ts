// Kills: deviceOptions: gets in where it belongs
// A certificate is public: only the key proves that it is yours.
import type { IClientOptions } from "mqtt";
import * as right from "../../../solutions/07-security.ts";
import type { Credentials } from "../../../workbook/security/certificates.ts";

export * from "../../../solutions/07-security.ts";

export function deviceOptions(authority: string, own: Credentials): IClientOptions {
  const { key, ...others } = right.deviceOptions(authority, own);
  return others;
}
