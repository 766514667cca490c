import type { Frame } from "./transcript.ts";

/** What to do with a packet instead of passing it on. Times are milliseconds. */
export type Fault =
  | { readonly do: "drop" }
  | { readonly do: "delay"; readonly ms: number }
  | { readonly do: "hold" }
  | { readonly do: "freeze" }
  | { readonly do: "cut"; readonly when: "before" | "after" };

/** A fault that waits for its packet. */
export class ArmedFault {
  /** Resolves with the packet that met the fault. Never rejects: give it a deadline. */
  readonly met: Promise<Frame>;
  /** Called by the tap when the packet comes. */
  readonly meet: (frame: Frame) => void;
  #release: () => void = () => {};
  #released: Promise<void>;

  constructor(
    readonly fault: Fault,
    readonly matches: (frame: Frame) => boolean,
    whenMet: (frame: Frame) => void = () => {},
  ) {
    let resolveMet: (frame: Frame) => void = () => {};
    this.met = new Promise((resolve) => {
      resolveMet = resolve;
    });
    this.meet = (frame) => {
      resolveMet(frame);
      whenMet(frame);
    };
    this.#released = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  /** For `hold` and `freeze`: let the packet go, and all that waits behind it, in one write. */
  release(): void {
    this.#release();
  }

  /** Resolves when the packet may go. */
  get released(): Promise<void> {
    return this.#released;
  }
}

/** The faults of one tap, in the order in which they were armed. Each meets one packet, then is spent. */
export class Faults {
  readonly #armed: ArmedFault[] = [];
  readonly #refusals: (() => void)[] = [];

  /** Whether any fault waits for a packet: without one the tap passes bytes on as they come. */
  get waiting(): boolean {
    return this.#armed.length > 0;
  }

  /**
   * Meets the next packet that matches, unless its beginning was already passed on.
   *
   * @param whenMet called at once, before the next packet is looked at: what it arms can meet that one
   */
  arm(
    fault: Fault,
    matches: (frame: Frame) => boolean,
    whenMet?: (frame: Frame) => void,
  ): ArmedFault {
    const armed = new ArmedFault(fault, matches, whenMet);
    this.#armed.push(armed);
    return armed;
  }

  /** The next connection is closed before the broker hears of it. */
  refuseNextConnection(whenRefused: () => void = () => {}): void {
    this.#refusals.push(whenRefused);
  }

  /** Whether this new connection is to be refused. */
  takeRefusal(): boolean {
    const whenRefused = this.#refusals.shift();
    whenRefused?.();
    return whenRefused !== undefined;
  }

  /** The fault that this packet meets, if any. */
  take(frame: Frame): ArmedFault | undefined {
    const index = this.#armed.findIndex((armed) => armed.matches(frame));
    if (index === -1) return undefined;
    const [armed] = this.#armed.splice(index, 1);
    armed?.meet(frame);
    return armed;
  }
}
