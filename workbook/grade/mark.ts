import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { onExit } from "../broker/lifetime.ts";
import type { CheckResult } from "../checks/contract.ts";
import type { Job, Word } from "./job.ts";
import { makeSandbox } from "./sandbox.ts";
import type { Marker } from "./start-process.ts";
import type { Submission } from "./submissions.ts";

/** What came of running the checks on one submission. */
export interface Marked {
  readonly results: readonly CheckResult[];
  /** The broker that was used, where the run came to its end. */
  readonly broker?: string;
  /** - `done`: all checks ran
   * - `late`: the time limit ended them
   * - `died`: their process ended before they did
   * - `environment`: they could not run, and `trouble` says why */
  readonly ending: "done" | "late" | "died" | "environment";
  readonly trouble?: { readonly message: string; readonly next: string };
}

export interface Marking {
  readonly submission: Submission;
  readonly broker?: Job["broker"];
  /** Milliseconds. */
  readonly limit: number;
  readonly packages: "linked" | "mounted";
  start(folder: string): Marker | Promise<Marker>;
}

/** Run all checks on one submission, in a sandbox of its own that is gone afterwards. */
export async function mark({
  submission,
  broker,
  limit,
  packages,
  start,
}: Marking): Promise<Marked> {
  const sandbox = await makeSandbox(submission, packages);
  let marker: Marker | undefined;
  const starting = (async () => start(sandbox.folder))();
  const end = async () => {
    // A signal may come while Docker is still at it; only after that is there something to end.
    marker = await starting.catch(() => undefined);
    marker?.kill();
    await marker?.ended;
    sandbox.remove();
  };
  const unregister = onExit(end, () => {
    marker?.kill();
    sandbox.remove();
  });
  try {
    marker = await starting;
    return await hear(marker, limit, {
      secret: randomBytes(16).toString("hex"),
      modules: [...submission.files.keys()],
      ...(broker && { broker }),
    });
  } finally {
    await end();
    unregister();
  }
}

async function hear(marker: Marker, limit: number, job: Job): Promise<Marked> {
  const results: CheckResult[] = [];
  let last: Word | undefined;
  createInterface(marker.output).on("line", (line) => {
    const word = parse(line, job.secret);
    if (word?.kind === "result") results.push(word.result);
    else last = word ?? last;
  });
  marker.input.on("error", () => {});
  marker.input.write(`${JSON.stringify(job)}\n`);

  const inTime = new AbortController();
  const late = delay(limit, "late" as const, { signal: inTime.signal }).catch(() => undefined);
  const first = await Promise.race([marker.ended, late]);
  inTime.abort();
  if (first === "late") return { results, ending: "late" };
  switch (last?.kind) {
    case "done":
      return { results, ending: "done", broker: last.broker };
    case "environment":
      return { results, ending: "environment", trouble: last };
    default:
      return { results, ending: "died" };
  }
}

function parse(line: string, secret: string): Word | undefined {
  if (!line.startsWith(`${secret} `)) return undefined;
  return JSON.parse(line.slice(secret.length + 1));
}
