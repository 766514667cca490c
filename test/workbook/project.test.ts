import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { listModules, readLesson, root } from "../../workbook/modules.ts";

const read = (path: string) => readFileSync(join(root, path), "utf8");

/** What the project promises of itself, and a change might break unseen. */
describe("the project", () => {
  test("its lock file names no address of one registry", () => {
    expect(read("package-lock.json")).not.toMatch('"resolved"');
  });

  // npm ci refuses a lock file that lacks the binary of any platform, even of another one.
  test("its lock file has what every platform needs", () => {
    const { packages } = JSON.parse(read("package-lock.json")) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const locked = new Set(
      Object.keys(packages).map((path) => path.replace(/.*node_modules\//, "")),
    );
    const wanted = Object.values(packages).flatMap((one) =>
      Object.keys(one.optionalDependencies ?? {}),
    );
    expect(wanted.filter((name) => !locked.has(name))).toEqual([]);
  });

  const pages = ["README.md", "exercises", "docs"].flatMap((path) =>
    path.endsWith(".md")
      ? path
      : readdirSync(join(root, path)).flatMap((file) =>
          file.endsWith(".md") ? `${path}/${file}` : [],
        ),
  );
  test.each(pages)("%s names only commands and keys that there are", (page) => {
    const { scripts } = JSON.parse(read("package.json"));
    for (const [, name = ""] of read(page).matchAll(/npm run (?!-)([\w:]+)/g))
      expect(Object.keys(scripts), name).toContain(name);
    for (const [, key] of read(page).matchAll(/the key (\w)\b/g))
      expect(read("workbook/cli/watch.ts"), key).toMatch(new RegExp(`press: .*\\b${key} \\w`));
  });

  test("its scripts need no shell of their own", () => {
    const { scripts } = JSON.parse(read("package.json"));
    for (const script of Object.values(scripts))
      expect(script).toMatch(/^(node|vitest|biome|tsc)\b[^|&;<>$]*$/);
  });

  const checkFiles = ["test/exercises", "workbook/checks/harness"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => `${folder}/${file.replaceAll("\\", "/")}`),
  );
  // Only these have to do with time: the watchdog's heart, and who knows of all timers, and gives the
  // clock to those who bound a wait.
  const keepers = ["workbook/checks/harness/timers.ts", "workbook/checks/harness/watchdog.ts"];
  // These bound one, and nobody else does.
  const bounds = ["deadline.ts", "quiet.ts", "run-check.ts", "timers.ts"].map(
    (name) => `workbook/checks/harness/${name}`,
  );

  test.each(checkFiles.filter((file) => !keepers.includes(file)))(
    "%s waits for no time to pass",
    (file) => {
      expect(read(file)).not.toMatch(/setTimeout|setInterval|timers\/promises|Atomics\.wait/);
      if (!bounds.includes(file)) expect(read(file)).not.toMatch(/ownTimeout/);
    },
  );

  test.each(listModules().filter(({ lab }) => !lab))(
    "$name is answered right in three other ways",
    ({ name }) => {
      const files = readdirSync(join(root, "test/accepted", name));
      expect(files.length).toBeGreaterThanOrEqual(3);
      for (const file of files) {
        // Types may be borrowed, answers not.
        expect(read(`test/accepted/${name}/${file}`)).not.toMatch(
          /^(import (?!type)|export .*from).*solutions/m,
        );
      }
    },
  );

  test.each(listModules())(
    "$name has a lesson whose hints hold no line of the solution",
    (module) => {
      const lines = new Set(
        read(module.solution)
          .split("\n")
          .map((line) => line.trim())
          .filter((line) => line.length > 12),
      );
      for (const { functionName, hints } of readLesson(module).sections) {
        for (const line of hints.join("\n").split("\n")) {
          expect(lines.has(line.trim()), `${functionName}: ${line}`).toBe(false);
        }
      }
    },
  );

  // Commands and progress know a function by its name alone.
  test("its functions have a name each", () => {
    const names = listModules().flatMap((module) =>
      readLesson(module).sections.map(({ functionName }) => functionName),
    );
    expect(names).toEqual([...new Set(names)]);
  });

  test("dependencies point one way", () => {
    const files = readdirSync(join(root, "workbook"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => `workbook/${file}`);
    for (const file of files)
      expect(read(file), file).not.toMatch(/from "[./]+\/(exercises|solutions|test)\//);
  });
});
