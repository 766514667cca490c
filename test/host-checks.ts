/**
 * Makes each check a test of vitest, on the solutions or what `ANSWERS` names: a folder, or one file.
 */
import { relative, sep } from "node:path";
import { afterAll, expect, inject, test } from "vitest";
import { nameOf, type Report } from "../workbook/checks/contract.ts";
import { putDownAnswers } from "../workbook/checks/harness/answers.ts";
import { collectChecks } from "../workbook/checks/harness/check.ts";
import { setConditions } from "../workbook/checks/harness/conditions.ts";
import { answersPath, chooseSeed } from "../workbook/checks/runner.ts";
import { listModules, root } from "../workbook/modules.ts";
import { checkRunner } from "./check-runner.ts";

/** Behind all that bounds a check by itself, in milliseconds. */
const TIMEOUT = 60_000;

const path = relative(root, expect.getState().testPath ?? "")
  .split(sep)
  .join("/");
const module = listModules().find(({ checks }) => checks.includes(path))?.name;
if (module === undefined) throw new Error(`no module has its checks in ${path}`);
const file = answersPath({ module, answers: process.env.ANSWERS ?? "solutions" });
const seed = chooseSeed();

// All tests need Node and nothing else; a learner's check says instead what to install.
const { REQUIRE_DOCKER, WORKBOOK_BROKER = "" } = process.env;
const hasMosquitto = REQUIRE_DOCKER === "1" || ["docker", "native"].includes(WORKBOOK_BROKER);

setConditions({
  broker: inject("broker"),
  key: "",
  confined: false,
  mayLackMosquitto: !hasMosquitto,
});

collectChecks((check) => {
  test(nameOf(check), { timeout: TIMEOUT }, async ({ skip }) => {
    const report = await checkRunner().run(check, { file, seed });
    if (report.outcome === "skipped") skip(report.explanation?.headline);
    if (report.outcome !== "passed") throw new CheckFailed(report);
  });
});

afterAll(putDownAnswers);

/** What came of a check, as vitest shows it. */
class CheckFailed extends Error {
  override readonly name = "CheckFailed";

  constructor({ outcome, explanation }: Report) {
    const { headline = outcome, expected, got, why, wire, next, lookAt } = explanation ?? {};
    const { ANSWERS } = process.env;
    const which = ANSWERS === undefined ? "" : `ANSWERS=${ANSWERS} `;
    const again = `${which}WORKBOOK_SEED=${seed} npx vitest run ${path}`;
    super(
      [
        headline,
        expected && `  Expected   ${indented(expected)}`,
        got && `  Got        ${indented(got)}`,
        why && `  Why        ${indented(why)}`,
        wire && `  Wire       ${indented(wire)}`,
        next && `  Next       ${indented(next)}`,
        `  Again      ${again}`,
      ]
        .filter(Boolean)
        .join("\n"),
    );
    // Where the answer threw, if it did: this place says nothing.
    this.stack = lookAt ? `${this.message}\n    at ${root}${lookAt}:1` : this.message;
  }
}

function indented(text: string): string {
  return text.replaceAll("\n", `\n${" ".repeat(13)}`);
}
