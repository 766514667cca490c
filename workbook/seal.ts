import { createHmac, type Hmac } from "node:crypto";

type MakeHmac = (algorithm: "sha256", key: string) => Hmac;

/**
 * A check runs in one process with the answer that it judges, so a verdict alone proves nothing: an
 * answer can reach the test runner too. Each verdict in the answer's favour therefore bears a seal, made
 * with a key that only the check and whoever started it know.
 *
 * @param key a secret of this run
 * @returns the seal of a verdict on the check of this name
 */
export function sealWith(key: string): (checkName: string, outcome: string) => string {
  // Taken now, before any answer is loaded that could put something else in its place.
  const make: MakeHmac = createHmac;
  return (checkName, outcome) =>
    make("sha256", key).update(`${outcome} ${checkName}`).digest("hex");
}
