/** Appends numbers to a journal until it is killed, and prints each one that is in. */
import { writeSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [answers = "", data = ""] = process.argv.slice(2);
const print = (line: string) => writeSync(1, `${line}\n`);
try {
  const { Journal } = await import(pathToFileURL(answers).href);
  const journal = new Journal(JSON.parse(data));
  for (let number = 0; ; number++) {
    journal.append({ number, text: "21.5 °C" });
    print(String(number));
  }
} catch (error) {
  const { name, message } = error as Error;
  print(`failed ${JSON.stringify({ name, message })}`);
}
