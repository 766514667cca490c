import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../workbook/modules.ts";

/** Let `use` have a folder with an empty script and one empty test, and with our tools. */
export async function withEmptyProject(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "workbook-empty-"));
  try {
    await symlink(join(root, "node_modules"), join(folder, "node_modules"), "junction");
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    await writeFile(join(folder, "empty.ts"), "");
    await writeFile(
      join(folder, "empty.test.ts"),
      'import { test } from "vitest";\ntest("nothing", () => {});\n',
    );
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
