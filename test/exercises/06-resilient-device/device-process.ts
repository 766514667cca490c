/** A device that starts and reports readings as it is told, and prints what is done, until it is killed. */
import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [answers = "", data = ""] = process.argv.slice(2);
const print = (line: string) => writeSync(1, `${line}\n`);
const attempt = (step: () => void) => {
  try {
    step();
  } catch (error) {
    const { name, message } = error as Error;
    print(`failed ${JSON.stringify({ name, message })}`);
  }
};

const { SensorPublisher } = await import(pathToFileURL(answers).href);
const publisher = new SensorPublisher({
  ...JSON.parse(data),
  random: Math.random,
  onGiveUp: () => {},
  onRefused: () => {},
});
createInterface(process.stdin).on("line", (line) =>
  attempt(() => {
    if (line === "start") publisher.start();
    else publisher.report({ kind: "temperature", room: "field", value: Number(line), unit: "°C" });
    print(line);
  }),
);
