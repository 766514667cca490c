/** Appends so many values to a journal, says so, and is killed in the same moment. */
import { writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { Todo } from "../../../workbook/todo.ts";

const [answers = "", data = ""] = process.argv.slice(2);
const print = (line: string) => writeSync(1, `${line}\n`);
try {
  const { file, count } = JSON.parse(data);
  const { Journal } = await import(pathToFileURL(answers).href);
  const journal = new Journal(file);
  for (let number = 0; number < count; number++) journal.append({ number, text: "21.5 °C" });
  print(String(count));
  process.kill(process.pid, "SIGKILL");
} catch (error) {
  const { name, message } = error as Error;
  const todo = error instanceof Todo ? error.functionName : undefined;
  print(`failed ${JSON.stringify({ name, message, todo })}`);
}
