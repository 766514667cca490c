import { readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { expect, test } from "vitest";
import { importsOf } from "../../workbook/checks/imports.ts";
import { root } from "../../workbook/modules.ts";

/** Who imports whom, and where: of each part the parts that it needs, with one import that shows it. */
type Needs = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Parts of the workbook: the folders in it, each as one, and the files that lie beside them. */
function needsOf(folder: string): Needs {
  const needs = new Map<string, Map<string, string>>();
  const pathOf = (file: string) => relative(folder, file).split(sep).join("/");
  const partOf = (path: string) => path.split("/")[0] ?? "";
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!/\.[jt]s$/.test(name)) continue;
    const file = join(folder, name);
    const part = partOf(pathOf(file));
    const own = needs.get(part) ?? new Map<string, string>();
    needs.set(part, own);
    for (const imported of importsOf(file)) {
      const other = partOf(pathOf(imported));
      if (other !== part && other !== "..")
        own.set(other, `${pathOf(file)} imports ${pathOf(imported)}`);
    }
  }
  return needs;
}

/** The imports that lead from a part back to itself, in order; none where there is no circle. */
function circleIn(needs: Needs): string[] {
  const done = new Set<string>();
  const visit = (part: string, way: readonly string[], imports: readonly string[]): string[] => {
    if (way.includes(part)) return imports.slice(way.indexOf(part));
    if (done.has(part)) return [];
    for (const [other, example] of needs.get(part) ?? []) {
      const circle = visit(other, [...way, part], [...imports, example]);
      if (circle.length > 0) return circle;
    }
    done.add(part);
    return [];
  };
  for (const part of needs.keys()) {
    const circle = visit(part, [], []);
    if (circle.length > 0) return circle;
  }
  return [];
}

test("the parts of the workbook need each other in no circle", () => {
  const needs = needsOf(join(root, "workbook"));
  expect([...(needs.get("checks")?.keys() ?? [])]).toContain("wire");
  expect(circleIn(needs)).toEqual([]);
});

test("a circle would be found, and shown without what only leads to it", () => {
  const needs = (all: Record<string, string[]>): Needs =>
    new Map(
      Object.entries(all).map(([part, others]) => [
        part,
        new Map(others.map((other) => [other, `${part} imports ${other}`])),
      ]),
    );
  expect(circleIn(needs({ a: ["b", "c"], b: ["d"], c: ["d"], d: [] }))).toEqual([]);
  expect(circleIn(needs({ a: ["b"], b: ["c", "d"], c: [], d: ["e"], e: ["b"] }))).toEqual([
    "b imports d",
    "d imports e",
    "e imports b",
  ]);
});
