import { reason } from "../wire/describe.ts";
import { type Diagnosis, diagnose } from "./diagnosis.ts";
import { diagnoseRefusal } from "./refusals.ts";
import type { TroubleName } from "./table.ts";

/** What Node's and the library's errors carry beside their message. */
interface Details extends Error {
  /** Node's name of the error, or the reason code that the library found in a packet. */
  readonly code?: string | number;
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
  /** Of a certificate for other names. */
  readonly host?: string;
  readonly cert?: { readonly subjectaltname?: string; readonly subject?: { readonly CN?: string } };
  /** Of a subscription that was not granted: the SUBACK. */
  readonly packet?: { readonly granted?: readonly number[] };
}

const byCode: Readonly<Record<string, TroubleName>> = {
  ECONNREFUSED: "connectionRefused",
  ENOTFOUND: "hostUnknown",
  EAI_AGAIN: "hostUnknown",
  ETIMEDOUT: "unreachable",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  ECONNRESET: "connectionLost",
  EPIPE: "connectionLost",
  EADDRINUSE: "portTaken",
  ERR_STREAM_WRITE_AFTER_END: "clientEnded",
  DEPTH_ZERO_SELF_SIGNED_CERT: "tlsSelfSigned",
  SELF_SIGNED_CERT_IN_CHAIN: "tlsUnknownIssuer",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "tlsUnknownIssuer",
  UNABLE_TO_GET_ISSUER_CERT: "tlsUnknownIssuer",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "tlsUnknownIssuer",
  CERT_HAS_EXPIRED: "tlsExpired",
  CERT_NOT_YET_VALID: "tlsNotYetValid",
  ERR_TLS_CERT_ALTNAME_INVALID: "tlsNameMismatch",
  // What OpenSSL says of an answer that is no TLS has changed over time.
  ERR_SSL_WRONG_VERSION_NUMBER: "tlsToPlainPort",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "tlsToPlainPort",
};

const byMessage: readonly (readonly [RegExp, TroubleName])[] = [
  [/^connack timeout$/, "noConnack"],
  [/^Keepalive timeout$/, "keepAliveTimeout"],
  [/^client disconnecting$/, "clientEnded"],
  [/^exceeding packets size/, "packetTooLarge"],
  [/^Publish error: /, "publishRefused"],
  [/^Subscribe error: /, "subscriptionRefused"],
  // An alert has other codes in reading and in writing, and from one OpenSSL to the next.
  [/\balert certificate required\b/, "tlsClientCertificate"],
  [/\balert unknown ca\b/, "tlsClientUnknownAuthority"],
  [/\balert certificate expired\b/, "tlsClientExpired"],
  [/^Invalid header flag bits|^Cannot parse |^Invalid protocol/, "notMqtt"],
];

/** What an error means, or `undefined` for one that says nothing about broker, network or machine. */
export function diagnoseError(thrown: unknown): Diagnosis | undefined {
  // Where a name has several addresses, Node says what went wrong only in the errors of each.
  const error: unknown = thrown instanceof AggregateError ? thrown.errors[0] : thrown;
  if (!(error instanceof Error)) return undefined;
  const { code, message } = error as Details;
  if (typeof code === "number" && message.startsWith("Connection refused: ")) {
    return diagnoseRefusal(code);
  }
  const name = nameOf(error);
  return name && diagnose(name, detailsOf(error));
}

function nameOf(error: Details): TroubleName | undefined {
  if (typeof error.code === "string") {
    const name = byCode[error.code];
    if (name !== undefined) return name;
  }
  if (error instanceof SyntaxError && /\bJSON\b/.test(error.message)) return "payloadNotJson";
  // Of a client that has ended the library's own tables are gone.
  const inLibrary = /[\\/]node_modules[\\/]mqtt[\\/]/.test(topFrame(error));
  if (inLibrary && /of null \(reading 'set'\)$/.test(error.message)) return "clientEnded";
  const name = byMessage.find(([pattern]) => pattern.test(error.message))?.[1];
  if (name !== undefined) return name;
  return /^ERR_(SSL|TLS)_|^EPROTO$/.test(String(error.code)) ? "tlsFailed" : undefined;
}

/** Where an error was thrown. */
function topFrame({ stack = "" }: Error): string {
  return stack.match(/^\s+at .*$/m)?.[0] ?? "";
}

function detailsOf(error: Details): Record<string, string> {
  const { address = "", port, hostname, host, cert, code, packet } = error;
  const names = cert?.subjectaltname?.replace(/\b(DNS|IP Address):/g, "");
  const refused = packet?.granted?.find((granted) => granted >= 128);
  const reasonCode = typeof code === "number" ? code : refused;
  return {
    address: port === undefined ? address : `${address}:${port}`,
    port: String(port),
    host: hostname ?? host ?? address,
    names: names ?? cert?.subject?.CN ?? "another name",
    reason: reasonCode === undefined ? "without a reason" : reason(reasonCode),
  };
}
