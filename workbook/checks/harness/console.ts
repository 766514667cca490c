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

/** As much of what an answer prints is kept, in characters: it could be any amount. */
const KEPT = 50_000;

/** What is printed from here on, or its beginning. It still goes where it would have gone. */
export function captureOutput(): { end(): string } {
  let output = "";
  const restore = [process.stdout, process.stderr].map((stream) => {
    const original = stream.write;
    stream.write = ((text: string | Uint8Array, ...rest: never[]) => {
      if (output.length < KEPT) output += text.toString().slice(0, KEPT - output.length);
      return original.call(stream, text, ...rest);
    }) as typeof stream.write;
    return () => {
      stream.write = original;
    };
  });
  return {
    end: () => {
      for (const put of restore) put();
      return output;
    },
  };
}
