/** What one look at the environment found. */
export interface Finding {
  /** `fails` stops the workbook; of what is `missing` it can do without. */
  readonly state: "works" | "missing" | "fails";
  readonly what: string;
  /** What to type to mend it. */
  readonly next?: string;
}

/** @param earlier what was found before, in order */
export type Look = (earlier: readonly Finding[]) => Promise<Finding>;
