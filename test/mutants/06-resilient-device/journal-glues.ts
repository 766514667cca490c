// Kills: Journal: lives with a last line that is torn
// Leaves the torn line in the file.
import { appendFileSync, readFileSync, renameSync, writeFileSync } from "node:fs";

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
