// Kills: deviceOptions: gets in where it belongs
// The library speaks 3.1.1 unless it is told otherwise.
import type { IClientOptions } from "mqtt";
import * as right from "../../../solutions/07-security.ts";
import type { Credentials } from "../../../workbook/security/certificates.ts";

export * from "../../../solutions/07-security.ts";

export function deviceOptions(authority: string, own: Credentials): IClientOptions {
  return { ...right.deviceOptions(authority, own), protocolVersion: 4 };
}
