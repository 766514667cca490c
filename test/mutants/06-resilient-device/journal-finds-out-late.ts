// Kills: Journal: says at once when it cannot write
// Opens nothing until it has to write.
import {
  appendFileSync,
  existsSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from "node:fs";

export * from "../../../solutions/06-resilient-device.ts";

export class Journal<Value> {
  readonly found: readonly Value[];

  constructor(readonly file: string) {
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
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

  append(value: Value): void {
    appendFileSync(this.file, `${JSON.stringify(value)}\n`);
  }

  replace(values: readonly Value[]): void {
    const beside = `${this.file}.new`;
    writeFileSync(beside, values.map((value) => `${JSON.stringify(value)}\n`).join(""));
    renameSync(beside, this.file);
  }
}
