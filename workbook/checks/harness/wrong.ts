import { listPackets } from "../../wire/diagram.ts";
import type { Frame } from "../../wire/transcript.ts";
import type { Explanation } from "../contract.ts";

/** Why an answer is not right yet: all of it must be said, and the packets come as they are. */
export type Reasons = Required<Omit<Explanation, "wire" | "lookAt" | "next">> & {
  readonly wire?: readonly Frame[];
  readonly lookAt?: string | undefined;
};

/** The answer under test is wrong, and this is why. */
export class Wrong extends Error {
  override readonly name = "Wrong";
  readonly explanation: Explanation;

  constructor({ wire = [], lookAt, ...reasons }: Reasons) {
    super(reasons.headline);
    const packets = listPackets(wire);
    this.explanation = { ...reasons, ...(packets && { wire: packets }), ...(lookAt && { lookAt }) };
  }
}
