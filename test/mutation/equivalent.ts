/** A mutant that no check can kill, because what it does is right, too. */
export interface Equivalent {
  readonly module: string;
  readonly functionName: string;
  readonly original: string;
  readonly replacement: string;
  /** Why nobody could tell it from the solution. */
  readonly why: string;
}

export const equivalents: readonly Equivalent[] = [];
