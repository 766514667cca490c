// Kills: passwordLine: lets in who knows the password
// Two strings, and the wrong one first.
import { pbkdf2Sync, randomBytes } from "node:crypto";

export * from "../../../solutions/07-security.ts";

export function passwordLine(username: string, password: string): string {
  const salt = randomBytes(12);
  const hash = pbkdf2Sync(username + password.slice(0, 0), salt, 10_000, 64, "sha512");
  return `${username}:$7$10000$${salt.toString("base64")}$${hash.toString("base64")}`;
}
