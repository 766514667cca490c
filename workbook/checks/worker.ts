/**
 * What `process.ts` starts: a process that holds the checks of one module, ready before any answer is
 * there, and runs one after the other on the answers that it is told.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { checkFiles, root } from "../modules.ts";
import { type Conditions, nameOf, type Reply, type Request } from "./contract.ts";
import { loadFile, putDownAnswers } from "./harness/answers.ts";
import { type CheckWithBody, collectChecks } from "./harness/check.ts";
import { setConditions } from "./harness/conditions.ts";
import { rehearse } from "./harness/rehearse.ts";
import { watchResidue } from "./harness/residue.ts";
import { CheckRunner } from "./harness/run-check.ts";
import { fastenSeatBelt } from "./harness/seat-belt.ts";
import { sealAhead } from "./seal.ts";

// An answer that runs in this process must not be able to say what only we may say.
const send = process.send?.bind(process);
delete process.send;
const reply = (word: Reply) =>
  new Promise<void>((resolve) => {
    if (send) send(word, undefined, undefined, () => resolve());
  });

// Nor put another one in the place of this.
const { exit } = process;

// Whoever asks has gone.
process.once("disconnect", () => exit(1));
// What an answer leaves behind and fails between two checks is none of the next one's business.
process.on("uncaughtException", () => {});
process.on("unhandledRejection", () => {});

const [module = ""] = process.argv.slice(2);
const checks = new Map<string, CheckWithBody>();
// Loaded before anybody has said which broker there is: that may take longer.
collectChecks((check) => checks.set(nameOf(check), check));
const loading = Promise.all(
  checkFiles(module).map((file) => import(pathToFileURL(join(root, file)).href)),
);
loading.catch(() => {});
let runner: CheckRunner | undefined;

async function prepare(conditions: Conditions): Promise<Reply> {
  await loading;
  if (runner !== undefined) throw new Error("the conditions were told before");
  setConditions(conditions);
  runner = new CheckRunner(sealAhead(conditions.key, checks.keys()));
  if (conditions.confined) fastenSeatBelt();
  return {
    kind: "ready",
    checks: [...checks.values()].map(({ functionName, title }) => ({ functionName, title })),
  };
}

async function answer(request: Request): Promise<Reply> {
  switch (request.kind) {
    case "conditions":
      return prepare(request.conditions);
    case "rehearse":
      // What fails here, a check will say.
      await Promise.allSettled(request.imports.map((file) => import(pathToFileURL(file).href)));
      await rehearse(`${process.pid} ${module}`).catch(() => {});
      return { kind: "rehearsed" };
    case "task": {
      const { check, ...task } = request.task;
      const known = checks.get(nameOf(check));
      if (known === undefined || runner === undefined)
        throw new Error(`there is no check "${nameOf(check)}"`);
      return { kind: "report", report: await runner.run(known, task) };
    }
    case "compare": {
      const residueOf = watchResidue();
      const [one, other] = await Promise.all([loadFile(request.file), loadFile(request.with)]);
      const names = new Set([...Object.keys(one), ...Object.keys(other)]);
      return {
        kind: "compared",
        changed: [...names].filter((name) => Reflect.get(one, name) !== Reflect.get(other, name)),
        residue: await residueOf(),
      };
    }
    case "leave":
      await putDownAnswers();
      return { kind: "left" };
  }
}

let turn: Promise<void> = Promise.resolve();
process.on("message", (request: Request) => {
  turn = turn.then(async () => reply(await answer(request)));
  turn.catch((error) => {
    console.error(error);
    exit(2);
  });
});
