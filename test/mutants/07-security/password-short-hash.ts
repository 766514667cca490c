// Kills: passwordLine: lets in who knows the password
// What the digest has in other programs.
import { pbkdf2Sync, randomBytes } from "node:crypto";

export * from "../../../solutions/07-security.ts";

export function passwordLine(username: string, password: string): string {
  const salt = randomBytes(12);
  const hash = pbkdf2Sync(password, salt, 10_000, 32, "sha256");
  return `${username}:$7$10000$${salt.toString("base64")}$${hash.toString("base64")}`;
}
