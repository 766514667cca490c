// Kills: passwordLine: gives the same password another hash each time
// A salt that is made of the password tells who has the same.
import { createHash, pbkdf2Sync } from "node:crypto";

export * from "../../../solutions/07-security.ts";

export function passwordLine(username: string, password: string): string {
  const salt = createHash("md5").update(password).digest().subarray(0, 12);
  const hash = pbkdf2Sync(password, salt, 10_000, 64, "sha512");
  return `${username}:$7$10000$${salt.toString("base64")}$${hash.toString("base64")}`;
}
