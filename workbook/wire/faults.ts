import type { Frame } from "./transcript.ts";

/** What to do with a packet instead of passing it on. Times are milliseconds. */
export type Fault =
  | { readonly do: "drop" }
  | { readonly do: "delay"; readonly ms: number }
  | { readonly do: "hold" }
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
  ) {
    let meet: (frame: Frame) => void = () => {};
    this.met = new Promise((resolve) => {
      meet = resolve;
    });
    this.meet = meet;
    this.#released = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  /** For `hold`: let the packet go, and all that waits behind it, in one write. */
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
  #refusals = 0;

  /** Whether any fault waits for a packet: without one the tap passes bytes on as they come. */
  get waiting(): boolean {
    return this.#armed.length > 0;
  }

  arm(fault: Fault, matches: (frame: Frame) => boolean): ArmedFault {
    const armed = new ArmedFault(fault, matches);
    this.#armed.push(armed);
    return armed;
  }

  /** The next connection is closed before the broker hears of it. */
  refuseNextConnection(): void {
    this.#refusals++;
  }

  /** Whether this new connection is to be refused. */
  takeRefusal(): boolean {
    if (this.#refusals === 0) return false;
    this.#refusals--;
    return true;
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
