import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findDeclaration, listDeclarations } from "../../workbook/declarations.ts";
import { listModules, root } from "../../workbook/modules.ts";

const before = `import { a } from "a";\n\n`;
const after = `\n\n/** The next one. */\nexport function next(): void {}\n`;

/** Ways in which people write a function called \`answer\`. */
const styles = {
  "a function": "export function answer(): void {\n  run();\n}",
  "an asynchronous function": "export async function answer(): Promise<void> {\n  await run();\n}",
  "a generator": "export async function* answer() {\n  yield 1;\n}",
  "an arrow function": "export const answer = async (x: number): Promise<void> => {\n  run();\n};",
  "an arrow on a line of its own": "export const answer =\n  async () => {\n    run();\n  };",
  "no semicolons": "export const answer = () => {\n  run()\n}",
  "a brace on its own line": "export function answer(): void\n{\n  run();\n}",
  "an object as its type": "export function answer(): { x: number } {\n  return { x: 1 };\n}",
  "an object as its type, over lines":
    "export function answer(): {\n  x: number;\n} {\n  return { x: 1 };\n}",
  "a chain of calls": "export const answer = run({\n  x: 1,\n})\n  .then(go)\n  .catch(stop);",
  "brackets in text": 'export function answer() {\n  return "}" + `}{` + /[}{]\\//;\n}',
  "brackets in a template": `export function answer() {\n  return \`{ \${run({})} }\`;\n}`,
  "brackets in comments": "export function answer() {\n  // }\n  /* } */\n  run();\n}",
  overloads:
    "export function answer(x: 1): 1;\nexport function answer(x: 2): 2;\nexport function answer(x: number) {\n  return x;\n}",
  "a comment behind it": "export function answer(): void {} // at last",
};

describe("a declaration is found", () => {
  test.each(Object.entries(styles))("in the style of %s", (_, code) => {
    const comment = "// Mine.\n/** The task. */\n";
    const source = `${before}${comment}${code}${after}`;
    const found = findDeclaration(source, "answer");
    expect(found && source.slice(found.start, found.end)).toBe(comment + code);
    expect(found?.code).toBe(code);
    expect(listDeclarations(source).at(-1)?.name).toBe("next");
  });

  test("where something above it was not closed", () => {
    const code = "export function answer(): void {\n  run();\n}";
    const source = `${before}export function broken() {\n  if (x) {\n}\n\n${code}${after}`;
    expect(findDeclaration(source, "answer")?.code).toBe(code);
    expect(findDeclaration(source, "next")?.code).toBe("export function next(): void {}");
  });

  test("where it was not closed itself, with nothing of the next one", () => {
    const code = "export function answer(): void {\n  run({";
    expect(findDeclaration(before + code + after, "answer")?.code).toBe(code);
  });

  test("only where there is one", () => {
    expect(findDeclaration(before + after, "answer")).toBeUndefined();
    expect(findDeclaration("", "answer")).toBeUndefined();
    expect(findDeclaration("run(answer);", "answer")).toBeUndefined();
  });

  test.each(listModules())("in every line of $solution", ({ solution }) => {
    const source = readFileSync(join(root, solution), "utf8");
    const all = listDeclarations(source);
    // Nothing but blank lines is left between them.
    const gaps = all.map(({ start }, index) => source.slice(all[index - 1]?.end ?? 0, start));
    expect(gaps.join("").trim()).toBe("");
    for (const { code, name } of all) {
      const [, declared] =
        code.match(/^(?:export )?(?:async )?(?:function|class|const|type) (\w+)/) ?? [];
      expect(name).toBe(declared ?? code.match(/^(?:export )?interface (\w+)/)?.[1]);
    }
  });
});
