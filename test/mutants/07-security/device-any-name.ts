// Kills: deviceOptions: connects to no server that is not ours
// Any server of our authority passes for the broker.
import type { IClientOptions } from "mqtt";
import * as right from "../../../solutions/07-security.ts";
import type { Credentials } from "../../../workbook/security/certificates.ts";

export * from "../../../solutions/07-security.ts";

export function deviceOptions(authority: string, own: Credentials): IClientOptions {
  return {
    ...right.deviceOptions(authority, own),
    checkServerIdentity: () => undefined,
  } as IClientOptions;
}
