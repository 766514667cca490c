// Kills: Journal: says where a file is damaged, and leaves it as it is
// Leaves out what it cannot read.
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
    this.found = lines.flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    });
    if (end < text.length) truncateSync(file, Buffer.byteLength(text.slice(0, end)));
  }

  append(value: Value): void {
    appendFileSync(this.file, `${JSON.stringify(value)}\n`);
  }

  replace(values: readonly Value[]): void {
    const beside = `${this.file}.new`;
    writeFileSync(beside, values.map((value) => `${JSON.stringify(value)}\n`).join(""));
    renameSync(beside, this.file);
  }
}
