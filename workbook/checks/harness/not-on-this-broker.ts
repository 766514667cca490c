/**
 * The broker cannot do what the check is about, so there is no verdict: neither right nor wrong.
 * Which broker lacks what is in the README's table.
 */
export class NotOnThisBroker extends Error {
  override readonly name = "NotOnThisBroker";

  /** @param lack what the broker does not do, e.g. `it ignores the client's Maximum Packet Size` */
  constructor(lack: string) {
    super(lack);
  }
}
