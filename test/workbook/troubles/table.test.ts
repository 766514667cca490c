import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../../../workbook/modules.ts";
import { drawPage, pagePath } from "../../../workbook/troubles/page.ts";
import { type Trouble, troubles } from "../../../workbook/troubles/table.ts";

const rows = Object.entries(troubles as Record<string, Trouble>);

test("the page in docs is what the table says: npm run troubles -- --write", () => {
  expect(readFileSync(join(root, pagePath), "utf8")).toBe(drawPage());
});

test("the page has every row", () => {
  const lines = drawPage().split("\n");
  expect(lines.filter((line) => /^\| (?!You see|---)/.test(line))).toHaveLength(rows.length);
});

describe.each(rows)("%s", (name, { symptom, cause, next }) => {
  test("is provoked by a test", () => {
    const folder = join(root, "test");
    const tests = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".test.ts"))
      .filter((file) => readFileSync(join(folder, file), "utf8").includes(`"${name}"`));
    expect(tests).not.toEqual([]);
  });

  test("is made of parts of sentences", () => {
    for (const text of [symptom, cause, next]) expect(text).toMatch(/^\S.*[^.!\s]$/s);
  });
});

test("every command that it tells of is one", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const told = rows.flatMap(([, { next }]) => [...next.matchAll(/npm run (\w+)/g)]);
  expect(told).not.toEqual([]);
  for (const [, command = ""] of told) expect(Object.keys(scripts)).toContain(command);
  const files = rows.flatMap(([, { next }]) => next.match(/\bmosquitto\/[\w-]+\.sh/g) ?? []);
  for (const file of files) expect(readFileSync(join(root, file), "utf8")).toMatch(/^#!/);
});
