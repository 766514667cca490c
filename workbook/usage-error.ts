/** What was typed cannot be understood. Shown as two lines: what, and what to type next. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";

  constructor(
    message: string,
    readonly next: string,
  ) {
    super(message);
  }
}
