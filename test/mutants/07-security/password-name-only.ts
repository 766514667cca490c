// Kills: passwordLine: lets in who knows the password, and nobody else
// A user without a hash: any password will do.

export * from "../../../solutions/07-security.ts";

export function passwordLine(username: string, password: string): string {
  return [username, password].slice(0, 1).join(":");
}
