import { expect, test } from "vitest";
import type { CheckResult, Outcome } from "../../workbook/checks/contract.ts";
import type { Marked } from "../../workbook/grade/mark.ts";
import { score } from "../../workbook/grade/score.ts";
import { listModules, readLesson } from "../../workbook/modules.ts";

const [module] = listModules();
if (module === undefined) throw new Error("there is no module");
const names = readLesson(module).sections.map(({ functionName }) => functionName);
const [first = "", second = ""] = names;

const check = (functionName: string, title: string, outcome: Outcome): CheckResult => ({
  run: { module: module.name, answers: "exercises" },
  functionName,
  title,
  outcome,
  output: "",
  milliseconds: 1,
  seed: 1,
  ...(outcome !== "passed" && { explanation: { headline: `${outcome} in ${title}` } }),
});

// What the solutions came to: the second function has a check that this broker cannot do.
const expected = [
  check(first, "one", "passed"),
  check(first, "two", "passed"),
  check(second, "one", "passed"),
  check(second, "odd", "skipped"),
];
const handedIn = {
  name: "anna",
  files: new Map([[module.name, Buffer.from("")]]),
  missing: new Map<string, string>(),
};

function gradesOf(marked: Marked) {
  const { functions, passed, of, unknown } = score(handedIn, marked, expected);
  return {
    passed,
    of,
    unknown,
    grades: functions.map(({ grade, reason }) => `${grade} ${reason?.headline ?? ""}`.trim()),
  };
}

test("a function passes when all its checks do", () => {
  expect(gradesOf({ results: expected, ending: "done" })).toEqual({
    passed: 2,
    of: 2,
    unknown: 0,
    grades: ["passed", "passed"],
  });
});

test("trouble with the environment is left out, and never counts as nothing", () => {
  const results = [check(first, "one", "passed"), check(first, "two", "environment")];
  const trouble = { message: "Docker is gone", next: "npm run doctor" };
  expect(gradesOf({ results, ending: "environment", trouble })).toEqual({
    passed: 0,
    of: 0,
    unknown: 2,
    grades: ["environment environment in two", "environment Docker is gone"],
  });
});

test("what is wrong is wrong, whatever else met trouble", () => {
  const results = [check(first, "one", "environment"), check(first, "two", "wrong")];
  const { grades, unknown } = gradesOf({ results, ending: "done" });
  expect(grades[0]).toBe("wrong wrong in two");
  expect(unknown).toBe(0);
});

test("behind a problem nothing is missing", () => {
  const expected = ["one", "two", "three"].map((title) => check(first, title, "passed"));
  const gradeOf = (...results: CheckResult[]) =>
    score(handedIn, { results, ending: "done" }, expected).functions[0];
  const [passed, wrong] = [check(first, "one", "passed"), check(first, "two", "wrong")];
  expect(gradeOf(passed, wrong)).toMatchObject({ grade: "wrong", check: "two" });
  expect(gradeOf(check(first, "one", "environment"))).toMatchObject({ grade: "environment" });
  // Several run at a time, so that a later one may have failed first.
  expect(gradeOf(check(first, "three", "wrong"), passed, wrong)).toMatchObject({ check: "two" });
  expect(gradeOf(check(first, "three", "wrong"), passed)).toMatchObject({ grade: "broken" });
});

test("a submission has no say in which checks there are", () => {
  const results = [
    check(first, "one", "passed"),
    check(first, "two", "skipped"),
    check(first, "made up", "passed"),
    check(second, "one", "wrong"),
    check(second, "one", "passed"),
    check(second, "odd", "passed"),
  ];
  expect(gradesOf({ results, ending: "done" }).grades).toEqual([
    "broken it left the check out",
    "wrong wrong in one",
  ]);
});

test.each([
  ["late", "no verdict within the time limit"],
  ["died", "the submission ended the process that runs its checks"],
  ["done", "the check ended without a verdict"],
] as const)("what passed before the end counts, where it ended as %s", (ending, headline) => {
  const results = [check(first, "one", "passed"), check(first, "two", "passed")];
  expect(gradesOf({ results, ending })).toEqual({
    passed: 1,
    of: 2,
    unknown: 0,
    grades: ["passed", `broken ${headline}`],
  });
});

test("checks that do not even start are nobody's mistake", () => {
  const notStarted = check("", "the checks start", "broken");
  expect(gradesOf({ results: [notStarted], ending: "done" })).toEqual({
    passed: 0,
    of: 0,
    unknown: 2,
    grades: ["environment broken in the checks start", "environment broken in the checks start"],
  });
  expect(gradesOf({ results: [], ending: "done" }).grades[0]).toBe(
    "environment its checks did not start",
  );
});
