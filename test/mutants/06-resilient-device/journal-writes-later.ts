// Kills: Journal: holds what was appended when its process is killed
// Collects lines when there are many, and writes them a turn later.
import { appendFileSync, readFileSync, renameSync, truncateSync, writeFileSync } from "node:fs";

export * from "../../../solutions/06-resilient-device.ts";

export class Journal<Value> {
  readonly found: readonly Value[];

  constructor(readonly file: string) {
    let text: string;
    try {
      appendFileSync(file, "");
      text = readFileSync(file, "utf8");
    } catch (error) {
      throw new Error(`cannot write ${file}: ${(error as NodeJS.ErrnoException).code}`);
    }
    const end = text.lastIndexOf("\n") + 1;
    const lines = text.slice(0, end).split("\n").slice(0, -1);
    this.found = lines.map((line, index) => {
      try {
        return JSON.parse(line);
      } catch {
        throw new Error(`${file}:${index + 1} is no JSON`);
      }
    });
    if (end < text.length) truncateSync(file, Buffer.byteLength(text.slice(0, end)));
  }

  #appended = 0;

  append(value: Value): void {
    const write = () => appendFileSync(this.file, `${JSON.stringify(value)}\n`);
    if (++this.#appended < 50) write();
    else setImmediate(write);
  }

  replace(values: readonly Value[]): void {
    const beside = `${this.file}.new`;
    writeFileSync(beside, values.map((value) => `${JSON.stringify(value)}\n`).join(""));
    renameSync(beside, this.file);
  }
}
