import { randomInt } from "node:crypto";
import type { Broker, BrokerKind } from "../broker/broker.ts";
import { isProblem } from "../checks/contract.ts";
import { EnvironmentProblem } from "../environment-problem.ts";
import { type Marked, mark } from "./mark.ts";
import { sweepSandboxes } from "./sandbox.ts";
import { type Score, score, whyNotStarted } from "./score.ts";
import type { Marker } from "./start-process.ts";
import { readSolutions, type Submission } from "./submissions.ts";

/** Where submissions run: each in a process, or a container, with a broker of its own. */
export interface Place {
  /** What the markers' broker is; `embedded` ones they start themselves. */
  readonly broker: BrokerKind;
  startBroker(): Promise<Broker>;
  readonly packages: "linked" | "mounted";
  start(folder: string, prefix: string): Marker | Promise<Marker>;
}

export interface Grading {
  /** What the brokers were, in words. */
  readonly broker: string;
  /** In the order of the submissions. */
  readonly scores: readonly Score[];
}

export interface GradeOptions {
  /** How long one submission may take, in milliseconds. */
  readonly limit: number;
  /** How many run at a time. */
  readonly atOnce: number;
  /** Hear of each score at once. */
  readonly onScore: (score: Score, done: number) => void;
}

/** How long the solutions may take, in milliseconds: they need seconds. */
const SOLUTIONS_LIMIT = 120_000;

/**
 * Grade submissions, several at once, by the modules that anybody has handed in. The solutions go first:
 * they show that this machine can do it, and what there is to be checked on this broker.
 *
 * @throws EnvironmentProblem when not even the solutions pass
 */
export async function grade(
  submissions: readonly Submission[],
  place: Place,
  { limit, atOnce, onScore }: GradeOptions,
): Promise<Grading> {
  sweepSandboxes();
  const modules = new Set(submissions.flatMap(({ files }) => [...files.keys()]));
  const patience = Math.max(limit, SOLUTIONS_LIMIT);
  const reference = await markOnce(readSolutions(modules), place, patience);
  needSolutions(reference);

  const scores = new Map<Submission, Score>();
  const waiting = [...submissions];
  const again: Submission[] = [];
  const keep = (submission: Submission, marked: Marked) => {
    const scored = score(submission, marked, reference.results);
    scores.set(submission, scored);
    onScore(scored, scores.size);
  };
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const marked = await markOnce(next, place, limit);
      if (isDoubtful(next, marked)) again.push(next);
      else keep(next, marked);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  // What met trouble may have met it because the machine was busy: once more, alone.
  for (const submission of again) keep(submission, await markOnce(submission, place, limit));

  return {
    broker: `${reference.broker}, ${place.broker === "url" ? "the same" : "one"} for each submission`,
    scores: submissions.flatMap((submission) => scores.get(submission) ?? []),
  };
}

async function markOnce(submission: Submission, place: Place, limit: number): Promise<Marked> {
  if (submission.files.size === 0) return { results: [], ending: "done" };
  const prefix = `${process.env.WORKBOOK_PREFIX ?? ""}grade-${randomInt(36 ** 5).toString(36)}/`;
  const start = (folder: string) => place.start(folder, prefix);
  const { packages } = place;
  try {
    if (place.broker === "embedded") return await mark({ submission, limit, packages, start });
    const broker = await place.startBroker();
    try {
      const { url, name } = broker;
      return await mark({ submission, broker: { url, name }, limit, packages, start });
    } finally {
      await broker.stop();
    }
  } catch (error) {
    if (!(error instanceof EnvironmentProblem)) throw error;
    return { results: [], ending: "environment", trouble: error };
  }
}

/** Whether the machine may be to blame. Late is late: the limit is many times what right answers take. */
function isDoubtful(submission: Submission, { ending, results }: Marked): boolean {
  if (ending === "late") return false;
  if (ending !== "done" || results.some(({ outcome }) => outcome === "environment")) return true;
  const modules = [...submission.files.keys()];
  return modules.some((module) =>
    whyNotStarted(results.filter(({ run }) => run.module === module)),
  );
}

function needSolutions({ ending, trouble, results }: Marked): void {
  const failed = results.find(isProblem);
  if (ending === "done" && failed === undefined && results.length > 0) return;
  if (trouble) throw new EnvironmentProblem(trouble.message, trouble.next);
  const what = failed
    ? `"${failed.functionName}: ${failed.title}" fails: ${failed.explanation?.headline}`
    : `their checks ${ending === "late" ? "did not end in time" : "ended too early"}`;
  throw new EnvironmentProblem(
    `nothing can be graded here, because not even the solutions pass: ${what}`,
    "npm test, and npm run doctor",
  );
}
