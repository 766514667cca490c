import type { Frame } from "../wire/transcript.ts";
import { type Diagnosis, diagnose } from "./diagnosis.ts";
import type { TroubleName } from "./table.ts";

/** The reasons of a refusing CONNACK: 1 to 5 in MQTT 3.1.1, from 128 on in MQTT 5 (section 3.2.2.2). */
const refusals: Readonly<Record<number, TroubleName>> = {
  1: "refusedVersion",
  2: "refusedClientId",
  3: "refusedUnavailable",
  4: "refusedLogin",
  5: "refusedNotAuthorized",
  128: "refusedMalformed",
  129: "refusedMalformed",
  130: "refusedMalformed",
  131: "refusedMalformed",
  132: "refusedVersion",
  133: "refusedClientId",
  134: "refusedLogin",
  135: "refusedNotAuthorized",
  136: "refusedUnavailable",
  137: "refusedBusy",
  138: "refusedBanned",
  140: "refusedAuthMethod",
  144: "refusedWill",
  149: "refusedMalformed",
  151: "refusedQuota",
  153: "refusedWill",
  154: "refusedWill",
  155: "refusedWill",
  156: "refusedMoved",
  157: "refusedMoved",
  159: "refusedRate",
};

/** What a CONNACK with this code means. A code that the specification does not have counts as 128. */
export function diagnoseRefusal(code: number, evidence: readonly Frame[] = []): Diagnosis {
  return diagnose(refusals[code] ?? "refusedMalformed", {}, evidence);
}
