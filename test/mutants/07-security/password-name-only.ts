// Kills: passwordLine: lets in who knows the password
// A user without a hash: Mosquitto lets nobody in by that name.

export * from "../../../solutions/07-security.ts";

export function passwordLine(username: string, password: string): string {
  return [username, password].slice(0, 1).join(":");
}
