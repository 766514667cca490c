// Lets Node load a sandbox, whose `.ts` files are JavaScript already, and keeps a submission from what it
// has no business with: `node --import ./workbook/grade/plain-loader.js`. Plain JavaScript, because it is
// what loads the rest.
import { readFile, realpath } from "node:fs/promises";
import { register } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isMainThread } from "node:worker_threads";

// Node calls `resolve` and `load` in a thread of their own, which loads this file once more.
if (isMainThread) register(import.meta.url);

const sandbox = await folder("../../");
const packages = await folder("../../node_modules/");
const ofChecks = ["test/", "workbook/checks/"].map((path) => `${sandbox}${path}`);

/** From then on nobody loads a check any more: whoever tries is a submission, by whatever detour. */
let hasSubmission = false;

export async function resolve(specifier, context, next) {
  const resolved = await next(specifier, context);
  const isOfChecks =
    ofChecks.some((path) => resolved.url.startsWith(path)) ||
    /\/node_modules\/@?(vitest|vite)\//.test(resolved.url);
  if (hasSubmission && isOfChecks) throw new Error(`an exercise may not import ${specifier}`);
  hasSubmission ||= resolved.url.startsWith(`${sandbox}exercises/`);
  return resolved;
}

export async function load(url, context, next) {
  if (url.startsWith("node:")) return next(url, context);
  // Node's permission model does not hold in this thread.
  if (![sandbox, packages].some((path) => url.startsWith(path))) {
    const name = url.startsWith("file:") ? fileURLToPath(url) : url;
    throw new Error(`${name} is no part of this submission`);
  }
  const file = new URL(url);
  if (!file.pathname.endsWith(".ts")) return next(url, context);
  return { format: "module", source: await readFile(file), shortCircuit: true };
}

/** A folder's address, as it begins the addresses of what is in it. */
async function folder(path) {
  return `${pathToFileURL(await realpath(new URL(path, import.meta.url))).href}/`;
}
