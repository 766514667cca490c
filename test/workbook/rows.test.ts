import { describe, expect, test } from "vitest";
import { drawEnvironmentProblem, EnvironmentProblem } from "../../workbook/environment-problem.ts";
import { drawRows, wrap } from "../../workbook/rows.ts";
import { diagnose } from "../../workbook/troubles/diagnosis.ts";
import { type TroubleName, troubles } from "../../workbook/troubles/table.ts";

describe("rows of text", () => {
  test("stand in one column, and go on beneath it", () => {
    const rows = [
      ["Why:", "one two three four five six seven"],
      ["Look at:", "here"],
    ] as const;
    expect(drawRows(rows, 30).split("\n")).toEqual([
      "Why:     one two three four",
      "           five six seven",
      "Look at: here",
    ]);
  });

  test("are as long as they are where there is no terminal", () => {
    const text = "word ".repeat(100).trim();
    expect(drawRows([["Why:", text]], 0)).toBe(`Why: ${text}`);
  });

  test("leave out what has no text", () => {
    const rows = [
      ["Why:", undefined],
      ["Next:", "npm ci"],
    ] as const;
    expect(drawRows(rows, 80)).toBe("Next: npm ci");
  });

  test("keep lines and what is aligned in them", () => {
    expect(drawRows([["Wire:", "a  b\n   c"]], 80)).toBe("Wire: a  b\n         c");
  });

  test("leave a word whole that is too long", () => {
    expect(wrap("a mqtts://a-very-long-name.example:8883 b", 12)).toEqual([
      "a",
      "  mqtts://a-very-long-name.example:8883",
      "  b",
    ]);
  });
});

test.each(Object.keys(troubles) as TroubleName[])("%s fits 80 columns", (name) => {
  const { symptom, cause, next } = diagnose(name);
  const problem = new EnvironmentProblem(`${symptom}: ${cause}`, next);
  for (const line of drawEnvironmentProblem(problem, 80).split("\n")) {
    expect(line.length, line).toBeLessThanOrEqual(80);
  }
});

test("a line that is broken keeps what it is indented by", () => {
  expect(wrap("  one two three", 9, "    ")).toEqual(["  one two", "    three"]);
});
