import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * The page's server can be reached from this machine only, yet any web page that is open on it can send
 * requests here. So only our own names are answered to (else a foreign name could be made to point here),
 * and nothing is done for a page from elsewhere.
 *
 * @returns why a request is refused, or nothing
 */
export function refusal(
  { method, headers }: Pick<IncomingMessage, "method" | "headers">,
  port: number,
): string | undefined {
  // Browsers leave port 80 out.
  const end = port === 80 ? "" : `:${port}`;
  const hosts = [`127.0.0.1${end}`, `localhost${end}`];
  if (!hosts.includes(headers.host ?? "")) {
    return `This server is http://127.0.0.1:${port} and answers to no other name.`;
  }
  const { origin } = headers;
  if (method !== "GET" && origin !== undefined && origin !== `http://${headers.host}`) {
    return "Only the page of this server may ask for that.";
  }
  return undefined;
}

/** Only what this server itself sends may run, be shown or be asked for by its page. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

export function secure(response: ServerResponse): void {
  response.setHeader("Content-Security-Policy", policy);
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("Referrer-Policy", "no-referrer");
  response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
  response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
  response.setHeader("Cache-Control", "no-store");
}
