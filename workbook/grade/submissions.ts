import { lstatSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { listModules, root } from "../modules.ts";
import { UsageError } from "../usage-error.ts";

/** No exercise comes near this, in bytes. */
const LARGEST_FILE = 2 ** 20;

/** What one learner handed in. */
export interface Submission {
  /** Its folder's name. */
  readonly name: string;
  /** The exercise files, by module. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** Why a module has none, by module. */
  readonly missing: ReadonlyMap<string, string>;
}

export interface Submissions {
  readonly submissions: readonly Submission[];
  /** What was given and is odd: one sentence each, for the person at the screen. */
  readonly notes: readonly string[];
}

/**
 * Read what was handed in: of each folder the exercise files alone, from its `exercises` folder if it
 * has one. A link is never followed: it may lead to the solutions.
 *
 * @throws UsageError when there is nothing to grade, or two submissions have one name
 */
export function readSubmissions(folders: readonly string[]): Submissions {
  const next = "npm run grade -- submissions/*   with a folder for each learner";
  if (folders.length === 0) throw new UsageError("no submissions were named", next);
  const notes: string[] = [];
  const byName = new Map<string, { folder: string; submission: Submission }>();
  for (const folder of folders) {
    const kind = statSync(folder, { throwIfNoEntry: false });
    if (kind === undefined) throw new UsageError(`there is no folder ${folder}`, next);
    if (!kind.isDirectory()) {
      notes.push(`${folder} is no folder, so it is left out`);
      continue;
    }
    const submission = read(folder);
    const other = byName.get(submission.name);
    if (other) {
      throw new UsageError(
        `two submissions are called ${submission.name}: ${other.folder} and ${folder}`,
        "rename one of the folders, or grade them one after the other",
      );
    }
    byName.set(submission.name, { folder, submission });
    if (submission.files.size === 0) notes.push(`${folder} holds no exercise file`);
  }
  if ([...byName.values()].some(({ folder }) => hasLab(folder)))
    notes.push("the labs are not graded: they need files and other programs");
  const alone = folders.length === 1 ? folders[0] : undefined;
  if (byName.size === 0) {
    throw new UsageError(alone ? `${alone} is no folder` : "none of these is a folder", next);
  }
  const submissions = [...byName.values()].map(({ submission }) => submission);
  if (submissions.every(({ files }) => files.size === 0)) {
    const where = alone ? `${alone} holds no` : "none of these folders holds an";
    throw new UsageError(`${where} exercise file, such as ${listModules()[0]?.exercise}`, next);
  }
  return { submissions, notes };
}

/** The workbook's own solutions of these modules, as if somebody had handed them in. */
export function readSolutions(modules: ReadonlySet<string>): Submission {
  const files = listModules()
    .filter(({ name }) => modules.has(name))
    .map(({ name, solution }) => [name, readFileSync(join(root, solution))] as const);
  return { name: "solutions", files: new Map(files), missing: new Map() };
}

/** What can be judged in a process that may touch nothing. */
const graded = listModules().filter(({ lab }) => !lab);

function hasLab(folder: string): boolean {
  return listModules().some(
    ({ lab, exercise }) => lab && lstatSync(pathIn(folder, exercise), { throwIfNoEntry: false }),
  );
}

/** Where a submission has an exercise: in its `exercises` folder, if it has one. */
function pathIn(folder: string, exercise: string): string {
  const inside = lstatSync(join(folder, "exercises"), { throwIfNoEntry: false });
  return join(folder, inside ? exercise : basename(exercise));
}

function read(folder: string): Submission {
  const files = new Map<string, Buffer>();
  const missing = new Map<string, string>();
  const real = realpathSync(folder);
  for (const { name, exercise } of graded) {
    const path = relative(real, pathIn(real, exercise));
    const content = readExercise(real, path);
    if (typeof content === "string") missing.set(name, `${path} ${content}`);
    else files.set(name, content);
  }
  return { name: basename(resolve(folder)), files, missing };
}

/** @returns the file, or what is the matter with it */
function readExercise(folder: string, path: string): Buffer | string {
  const file = join(folder, path);
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found === undefined) return "is missing";
  if (found.isSymbolicLink()) return "is a symbolic link";
  if (!found.isFile()) return "is no file";
  if (found.size > LARGEST_FILE) return "is larger than 1 MB";
  if (realpathSync(file) !== file) return "lies behind a symbolic link";
  try {
    return readFileSync(file);
  } catch (error) {
    return `cannot be read: ${(error as NodeJS.ErrnoException).code}`;
  }
}
