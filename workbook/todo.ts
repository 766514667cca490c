/** Thrown by a function that the learner has not written yet. */
export class Todo extends Error {
  override readonly name = "Todo";

  /** @param functionName the function to write, as it is called in the exercise */
  constructor(readonly functionName: string) {
    super(`${functionName} is yours to write`);
  }
}
