import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";

/** The line with which every Mosquitto since 2.0 says that it takes connections, and its version. */
export const readyLine = /mosquitto version (\S+) running/;

/** What a Mosquitto says until it is ready: its version, or why it does not start. */
export class StartLog {
  #text = "";
  #foundVersion: (version: string) => void = () => {};

  /** Settles with the ready line; never rejects. */
  readonly version = new Promise<string>((resolve) => {
    this.#foundVersion = resolve;
  });

  /** Resolves when all that was to be read has come, of a Mosquitto that has ended. Never rejects. */
  whole: Promise<unknown> = Promise.resolve();

  read(stream: Readable): void {
    this.whole = finished(stream).catch(() => {});
    const collect = (chunk: Buffer | string) => {
      this.#text += chunk;
      const version = readyLine.exec(this.#text)?.[1];
      if (!version) return;
      this.#foundVersion(version);
      stream.off("data", collect);
      // Nobody reads on, and a full pipe would block the broker.
      stream.resume();
    };
    stream.on("data", collect);
  }

  /** Its error lines, or failing those its last line, without the time; empty if it said nothing. */
  get complaint(): string {
    return this.errors || this.#lines.findLast((line) => line !== "") || "";
  }

  /** Its error lines alone: what it has against its configuration. */
  get errors(): string {
    return this.#lines.filter((line) => /^error/i.test(line)).join(" ");
  }

  get #lines(): string[] {
    return this.#text.split("\n").map((line) => line.replace(/^\d+: /, "").trim());
  }
}
