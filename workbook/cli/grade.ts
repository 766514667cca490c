import { closeSync, existsSync, openSync, readdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { EnvironmentProblem } from "../environment-problem.ts";
import { formatCsv } from "../grade/formats/csv.ts";
import { formatJson } from "../grade/formats/json.ts";
import { formatJunit } from "../grade/formats/junit.ts";
import { formatTable } from "../grade/formats/table.ts";
import { type Grading, grade } from "../grade/grade.ts";
import { containers, processes } from "../grade/places.ts";
import { readSubmissions } from "../grade/submissions.ts";
import { UsageError } from "../usage-error.ts";
import { exitCodes, runCommand } from "./usage.ts";

const formats: Readonly<Record<string, (grading: Grading) => string>> = {
  table: formatTable,
  csv: formatCsv,
  json: formatJson,
  junit: formatJunit,
};

const help = `npm run grade -- [options] submissions/*

Runs the checks on the exercise files of each folder. The folder's name is the
submission's. Its files lie in it, or in a folder called exercises.

  --container        each submission in a container without network (Docker)
  --format csv       table (default), csv, json or junit
  --output file      write the result there, not to the screen
  --limit 300        seconds that a submission may take
  --at-once 4        submissions that run at a time

Ends with 0 when all could be graded, whatever the grades; with 3 when trouble
with the environment left something unknown.`;

/** `npm run grade -- submissions/*`: run the checks on what others handed in. */
async function gradeCommand(): Promise<number> {
  const { values, positionals } = parse(process.argv.slice(2));
  if (values.help) {
    console.log(help);
    return exitCodes.fine;
  }
  const format = formats[values.format];
  if (format === undefined) {
    throw new UsageError(
      `--format ${values.format} is none of ${Object.keys(formats).join(", ")}`,
      "npm run grade -- --help",
    );
  }
  const limit = count("--limit", values.limit);
  const atOnce = count("--at-once", values["at-once"]);
  const { submissions, notes } = readSubmissions(positionals.flatMap(expand));
  if (values.output !== undefined) needWritable(values.output);
  for (const note of notes) console.error(`Note: ${note}.`);

  const place = await (values.container ? containers() : processes());
  const grading = await grade(submissions, place, {
    limit: limit * 1000,
    atOnce,
    onScore: ({ name, passed, of, unknown }, done) => {
      const doubt = unknown > 0 ? `, ${unknown} unknown` : "";
      console.error(`${done}/${submissions.length} ${name}: ${passed} of ${of}${doubt}`);
    },
  });
  deliver(format(grading), values.output);
  const isComplete = grading.scores.every(({ unknown }) => unknown === 0);
  return isComplete ? exitCodes.fine : exitCodes.environment;
}

function parse(words: string[]) {
  try {
    return parseArgs({
      args: words,
      allowPositionals: true,
      options: {
        container: { type: "boolean", default: false },
        format: { type: "string", default: "table" },
        output: { type: "string" },
        limit: { type: "string", default: "300" },
        "at-once": { type: "string", default: `${availableParallelism()}` },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    const [first = ""] = (error as Error).message.split(/[.\n]/);
    throw new UsageError(first, "npm run grade -- --help");
  }
}

function count(option: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new UsageError(`${option} ${text} is no number from 1 up`, "npm run grade -- --help");
}

/** Shells replace `submissions/*` by what is in it; the one of Windows does not. */
function expand(word: string): string[] {
  const folder = word.match(/^(.+)[\\/]\*$/)?.[1];
  if (folder === undefined || existsSync(word) || !existsSync(folder)) return [word];
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
}

/** Before the work, not after it. */
function needWritable(file: string): void {
  try {
    closeSync(openSync(file, "a"));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `the result cannot be written to ${file}: ${code}`,
      code === "ENOENT" ? `make the folder ${dirname(file)} first` : "name another file",
    );
  }
}

function deliver(text: string, file: string | undefined): void {
  if (file === undefined) {
    writeFileSync(1, text);
    return;
  }
  try {
    writeFileSync(file, text);
  } catch (error) {
    writeFileSync(1, text);
    throw new EnvironmentProblem(
      `the result could not be written to ${file} (${(error as Error).message}), so it is above`,
      "save what is printed above",
    );
  }
}

await runCommand(gradeCommand);
