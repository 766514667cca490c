import { existsSync, readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../modules.ts";
import type { Finding } from "./finding.ts";

/** So much room the temporary folder needs for brokers and checks, in bytes. */
const ROOM = 50 * 1024 * 1024;

interface PackageFile {
  readonly version?: string;
  readonly engines?: { readonly node?: string };
}

/** A package as package-lock.json has it. */
interface Locked {
  readonly version?: string;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(join(root, path), "utf8"));
}

/** An older one does not get here: run.js turns it away. */
export async function node(): Promise<Finding> {
  const wanted = readJson<PackageFile>("package.json").engines?.node?.replace(">=", "");
  return { state: "works", what: `Node ${process.versions.node}; ${wanted} or newer is needed` };
}

/** Whether what package-lock.json names is installed, in its version, and for this kind of machine. */
export async function packages(): Promise<Finding> {
  const { packages: locked } = readJson<{ packages: Record<string, Locked> }>("package-lock.json");
  const needed = Object.entries(locked).filter(([path, one]) => path !== "" && isForUs(one));
  const wrong = needed.flatMap(([path, { version }]) => {
    const name = path.replace(/.*node_modules\//, "");
    const file = join(path, "package.json");
    if (!existsSync(join(root, file))) return [`${name} is missing`];
    const installed = readJson<PackageFile>(file).version;
    return installed === version ? [] : [`${name} is ${installed} and should be ${version}`];
  });
  if (wrong.length === 0) {
    return { state: "works", what: `all ${needed.length} packages are installed` };
  }
  const more = wrong.length > 3 ? `, and ${wrong.length - 3} more` : "";
  const what = `the packages are not as they should be: ${wrong.slice(0, 3).join(", ")}${more}`;
  return { state: "fails", what, next: "npm ci" };
}

/** Optional packages are mostly binaries for one kind of machine each; the others may be left out. */
function isForUs({ optional, os, cpu, libc }: Locked): boolean {
  if (!optional) return true;
  if (!os || !cpu) return false;
  const fits = (list: readonly string[], own: string) => list.includes(own);
  if (!fits(os, process.platform) || !fits(cpu, process.arch)) return false;
  return libc === undefined || fits(libc, ownLibc());
}

function ownLibc(): string {
  const { header } = process.report.getReport() as {
    header: { glibcVersionRuntime?: string };
  };
  return header.glibcVersionRuntime === undefined ? "musl" : "glibc";
}

export async function disk(): Promise<Finding> {
  const { bavail, bsize } = await statfs(tmpdir());
  const free = bavail * bsize;
  const megabytes = Math.floor(free / 1024 / 1024);
  const what = `${megabytes.toLocaleString("en")} MB are free in ${tmpdir()}`;
  if (free >= ROOM) return { state: "works", what };
  return { state: "fails", what, next: `make room there, ${ROOM / 1024 / 1024} MB at least` };
}
