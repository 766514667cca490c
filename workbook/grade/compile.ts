import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { build, type CommonOptions, type TransformFailure, transform } from "esbuild";
import { root } from "../modules.ts";

/** A file of the project whose TypeScript has become JavaScript, under its own name. */
export interface Compiled {
  /** Relative to the project, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** The oldest Node that the workbook runs on: `package.json` says so, too. */
const options = { format: "esm", target: "node20.19" } satisfies CommonOptions;

/** All TypeScript in these folders of the project. */
export async function compileChecks(folders: readonly string[]): Promise<Compiled[]> {
  const entryPoints = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .map((path) => join(root, folder, path)),
  );
  const { outputFiles } = await build({
    ...options,
    entryPoints,
    outbase: root,
    outdir: root,
    outExtension: { ".js": ".ts" },
    write: false,
  });
  return outputFiles.map(({ path, text }) => ({
    path: relative(root, path).split(sep).join("/"),
    text,
  }));
}

/**
 * An exercise, as the learner's own check reads it. What is no TypeScript becomes a file that says so, in
 * the line where it is not.
 */
export async function compileExercise(path: string, content: Buffer): Promise<string> {
  try {
    const { code } = await transform(content, {
      ...options,
      loader: "ts",
      tsconfigRaw: readFileSync(join(root, "tsconfig.json"), "utf8"),
      sourcefile: path.replace(/^.*\//, ""),
      sourcemap: "inline",
    });
    return code;
  } catch (error) {
    const { text, line } = firstError(error);
    return `${"\n".repeat(line - 1)}throw new SyntaxError(${JSON.stringify(text)});\n`;
  }
}

function firstError(error: unknown): { readonly text: string; readonly line: number } {
  const [first] = (error as Partial<TransformFailure>).errors ?? [];
  return { text: first?.text ?? String(error), line: first?.location?.line ?? 1 };
}
