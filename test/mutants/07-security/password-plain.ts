// Kills: passwordLine: lets in who knows the password
// As the file looked before there were hashes.

export * from "../../../solutions/07-security.ts";

export function passwordLine(username: string, password: string): string {
  return `${username}:${password}`;
}
