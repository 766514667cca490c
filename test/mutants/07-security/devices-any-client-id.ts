// Kills: deviceListener: lets nobody take another's client id
// Whoever knows the client id of another has its session.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function deviceListener(files: right.BrokerFiles, maxConnections: number): string {
  return right.deviceListener(files, maxConnections).replace(/use_username_as_clientid.*/, "");
}
