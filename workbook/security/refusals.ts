import type { TroubleName } from "../troubles/table.ts";

/** How a broker that keeps strangers out refuses: the rows of the table of troubles that lab 7 shows. */
export const refusals: readonly TroubleName[] = [
  "tlsClientCertificate",
  "tlsClientUnknownAuthority",
  "tlsClientExpired",
  "tlsUnknownIssuer",
  "tlsNameMismatch",
  "tlsExpired",
  "plainToTlsPort",
  "connectionLimit",
  "refusedNotAuthorized",
  "publishRefused",
  "silentSubscription",
  "subscriptionRefused",
  "retainedKept",
  "clientIdClash",
  "packetTooLarge",
  "unreadableFile",
];
