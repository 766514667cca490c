// Kills: passwordLine: makes each guess at a stolen file expensive
// As many as mosquitto_passwd makes by itself in 2.0.
import { pbkdf2Sync, randomBytes } from "node:crypto";

export * from "../../../solutions/07-security.ts";

export function passwordLine(username: string, password: string): string {
  const salt = randomBytes(12);
  const hash = pbkdf2Sync(password, salt, 101, 64, "sha512");
  return `${username}:$7$101$${salt.toString("base64")}$${hash.toString("base64")}`;
}
