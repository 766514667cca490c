import { describe, expect, test } from "vitest";
import { listModules } from "../../workbook/modules.ts";
import { cutStub, freshStub } from "../../workbook/stub.ts";

const solution = `import { a } from "mqtt";
import { b } from "../workbook/b.ts";

/** The task. */
export async function answer(): Promise<number> {
  // #region answer
  return help(1);
  // #endregion
}

// #region helper
function help(x: number): number {
  return x;
}
// #endregion

export function main(): void {}
`;

describe("cutting a stub", () => {
  test("leaves all but the answers as it is", () => {
    expect(cutStub(solution, "x.ts")).toBe(`import { a } from "mqtt";
import { b } from "../workbook/b.ts";
import { Todo } from "../workbook/todo.ts";

/** The task. */
export async function answer(): Promise<number> {
  throw new Todo("answer");
}

export function main(): void {}
`);
  });

  test("has a to-do of the class's name in each of its methods", () => {
    const withClass = `import { a } from "mqtt";

export class Outbox {
  // #region helper
  #kept = [];
  // #endregion

  add(): void {
    // #region answer
    this.#kept.push(1);
    // #endregion
  }

  get size(): number {
    // #region answer
    return this.#kept.length;
    // #endregion
  }
}
`;
    expect(cutStub(withClass, "x.ts")).toBe(`import { a } from "mqtt";
import { Todo } from "../workbook/todo.ts";

export class Outbox {
  add(): void {
    throw new Todo("Outbox");
  }

  get size(): number {
    throw new Todo("Outbox");
  }
}
`);
  });

  test.each([
    ["an open region", solution.slice(0, solution.lastIndexOf("// #endregion")), /not closed/],
    ["a nested region", solution.replace("  return help(1);", "  // #region answer"), /within/],
    ["an unknown region", solution.replace("region helper", "region extra"), /called "extra"/],
    ["an answer outside", `// #region answer\n// #endregion\n${solution}`, /outside/],
  ])("complains of %s", (_, text, complaint) => {
    expect(() => cutStub(text, "x.ts")).toThrow(complaint);
  });

  test.each(listModules())("$name: no answer is left in the stub", (module) => {
    const stub = freshStub(module);
    expect(stub).not.toMatch("#region");
    expect(stub).toMatch("throw new Todo(");
  });
});
