/** The tap cannot listen where it should. */
export class CannotListen extends Error {
  override readonly name = "CannotListen";

  /**
   * @param address host and port
   * @param cause what the system says
   */
  constructor(
    readonly address: string,
    override readonly cause: NodeJS.ErrnoException,
  ) {
    super(`the tap cannot listen on ${address}: ${cause.message}`, { cause });
  }
}
