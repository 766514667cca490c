import { listPackets } from "../../workbook/wire/diagram.ts";
import type { Frame } from "../../workbook/wire/transcript.ts";

/** What a learner reads when an answer is not right yet. */
export interface Explanation {
  /** What went wrong, in one line, without a full stop. */
  readonly headline: string;
  readonly expected: string;
  readonly got: string;
  /** Why it matters: what the wire shows, with the specification's numbered statement where there is one. */
  readonly why: string;
  /** The packets that show it. */
  readonly wire?: readonly Frame[];
  /** `file:line`, where that is known better than by the function's name. */
  readonly lookAt?: string;
}

/**
 * The answer under test is wrong, and this is why. Its fields cross from the worker to the report as
 * they are, so that the report can lay them out; the message holds the same for vitest's own reporter.
 */
export class Wrong extends Error {
  override readonly name = "Wrong";
  readonly headline: string;
  readonly expected: string;
  readonly got: string;
  readonly why: string;
  readonly wire: string | undefined;
  readonly lookAt: string | undefined;

  constructor(explanation: Explanation) {
    const { headline, expected, got, why } = explanation;
    super(`${headline}\n  expected   ${expected}\n  got        ${got}\n  why        ${why}`);
    this.headline = headline;
    this.expected = expected;
    this.got = got;
    this.why = why;
    this.wire = explanation.wire && listPackets(explanation.wire);
    this.lookAt = explanation.lookAt;
  }
}
