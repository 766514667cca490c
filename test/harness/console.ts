import { format } from "node:util";
import type { Desk } from "./desk.ts";

/** Everything the answer prints until the check is over, whichever way it prints. */
export function captureConsole(desk: Desk): () => string {
  let output = "";
  const methods = ["log", "info", "warn", "error", "debug"] as const;
  for (const method of methods) {
    const original = console[method];
    console[method] = (...words: unknown[]) => {
      output += `${format(...words)}\n`;
    };
    desk.atEnd(() => {
      console[method] = original;
    });
  }
  for (const stream of [process.stdout, process.stderr]) {
    const original = stream.write;
    stream.write = ((text: string | Uint8Array, ...rest: never[]) => {
      output += text.toString();
      return original.call(stream, text, ...rest);
    }) as typeof stream.write;
    desk.atEnd(() => {
      stream.write = original;
    });
  }
  return () => output.trim();
}
