import { expect, test } from "vitest";
import { listModules } from "../../workbook/modules.ts";
import { equivalents } from "../mutation/equivalent.ts";
import { isSame, mutantsOf } from "../mutation/mutants.ts";

const modules = await Promise.all(
  listModules().map(async (module) => ({ module, mutants: await mutantsOf(module) })),
);

test.each(modules)(
  "the answers of $module.name are changed, one thing at a time",
  ({ mutants }) => {
    expect(mutants.length).toBeGreaterThan(20);
    expect(new Set(mutants.map(({ text }) => text)).size).toBe(mutants.length);
    for (const { functionName, original, replacement } of mutants) {
      expect(functionName).not.toBe("");
      expect(original).not.toBe(replacement);
    }
  },
);

test("no more is taken for equivalent than there is", () => {
  const gone = equivalents.filter(
    (each) =>
      !modules.some(
        ({ module, mutants }) =>
          module.name === each.solution && mutants.some((mutant) => isSame(each, mutant)),
      ),
  );
  expect(gone).toEqual([]);
});
