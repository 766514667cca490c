import type { Socket } from "node:net";
import type { ArmedFault, Faults } from "./faults.ts";
import { FrameSplitter } from "./frames.ts";
import type { Frame, Transcript } from "./transcript.ts";

/** The most that is kept of one packet, in bytes. Larger ones are forwarded whole and shown in part. */
const MAX_FRAME_KEPT = 256 * 1024;
/** How much may wait behind a held packet, in bytes, before the lane stops reading. */
const MAX_WAITING = 1024 * 1024;

interface LaneContext {
  frame(bytes: Buffer, size: number, problem?: string): Frame;
  readonly transcript: Transcript;
  readonly faults: Faults;
  /** End both directions of the connection. */
  cut(): void;
  /** The sending side closed, with the network's error if there was one. */
  ended(error?: Error): void;
}

/** Bytes on their way, in order: passed as they are unless their packet met a fault. */
interface Waiting {
  readonly bytes: Buffer;
  readonly frame?: Frame;
  readonly fault?: ArmedFault;
  /** The packet met a hold or a delay that is not over. */
  blocked?: boolean;
  /** The sending side has closed: pass that on when its turn comes. */
  readonly end?: true;
}

/** One direction of one connection: forwards exactly the bytes that come, but for the faults. */
export class Lane {
  readonly #splitter = new FrameSplitter(MAX_FRAME_KEPT);
  /** Bytes that came and are neither forwarded nor queued: less than one packet. */
  #unsent: Buffer[] = [];
  /** How many bytes of the unfinished packet were already forwarded. */
  #ahead = 0;
  #queue: Waiting[] = [];
  #cut = false;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    private readonly context: LaneContext,
  ) {
    let failure: Error | undefined;
    from.on("data", (chunk) => this.#take(chunk));
    from.on("end", () => {
      this.#finish();
      context.ended();
    });
    from.on("error", (error) => {
      failure = error;
    });
    from.on("close", () => {
      context.ended(failure);
      // Without an "end" before it the line was reset: nothing that still waits will be wanted.
      if (!from.readableEnded) to.destroySoon();
    });
    to.on("drain", () => from.resume());
    from.resume();
  }

  /** End the line here: what was written still arrives, what comes from now on is let go. */
  cut(): void {
    this.#cut = true;
    this.#queue = [];
    this.#unsent = [];
    this.to.end();
    this.from.resume();
  }

  #take(chunk: Buffer): void {
    if (this.#cut) return;
    this.#unsent.push(chunk);
    let passing = 0;
    for (const raw of this.#splitter.push(chunk)) {
      const frame = this.context.frame(Buffer.from(raw.bytes), raw.size);
      const length = raw.size - this.#ahead;
      const begun = this.#ahead > 0;
      this.#ahead = 0;
      this.context.transcript.record(frame);
      const fault =
        this.context.faults.waiting && !begun ? this.context.faults.take(frame) : undefined;
      if (fault === undefined && this.#queue.length === 0) {
        passing += length;
        continue;
      }
      if (passing > 0) this.#write(this.#shift(passing));
      passing = 0;
      this.#enqueue({ bytes: this.#shift(length), frame, ...(fault && { fault }) });
    }
    if (passing > 0) this.#write(this.#shift(passing));
    this.#takeRest();
    this.#pump();
  }

  // An unfinished packet waits only while a fault may be meant for it, and never a very large one.
  #takeRest(): void {
    if (this.#splitter.broken) {
      const size = this.#splitter.pending;
      if (size === 0) return;
      this.context.transcript.record(
        this.context.frame(Buffer.from(this.#splitter.take()), size, "not MQTT"),
      );
      this.#forward(size - this.#ahead);
      this.#ahead = 0;
      return;
    }
    const { pending } = this.#splitter;
    if (this.context.faults.waiting && this.#ahead === 0 && pending <= MAX_FRAME_KEPT) return;
    this.#forward(pending - this.#ahead);
    this.#ahead = pending;
  }

  #forward(length: number): void {
    if (length === 0) return;
    const bytes = this.#shift(length);
    if (this.#queue.length > 0) this.#enqueue({ bytes });
    else this.#write(bytes);
  }

  /** The sending side has closed. Half a packet is still the sender's bytes: pass them on and say so. */
  #finish(): void {
    if (this.#cut) return;
    const { pending, expected } = this.#splitter;
    if (pending > 0) {
      const problem = `half a packet: ${pending} of ${expected ?? "an unknown number of"} bytes`;
      const bytes = Buffer.from(this.#splitter.take());
      this.context.transcript.record(this.context.frame(bytes, pending, problem));
      this.#forward(pending - this.#ahead);
    }
    this.#enqueue({ bytes: Buffer.alloc(0), end: true });
    this.#pump();
  }

  #enqueue(waiting: Waiting): void {
    const { fault, frame } = waiting;
    if (fault?.fault.do === "hold" || fault?.fault.do === "delay") {
      waiting.blocked = true;
      const over = () => {
        waiting.blocked = false;
        this.#pump();
      };
      if (fault.fault.do === "hold") fault.released.then(over);
      else setTimeout(over, fault.fault.ms);
    }
    this.#queue.push(waiting);
    const first = this.#queue.find((each) => each.blocked);
    if (frame && first) {
      const fate = first.fault?.fault.do === "delay" ? "delayed" : "held";
      this.context.transcript.settle(frame, fate);
    }
    const size = this.#queue.reduce((sum, each) => sum + each.bytes.length, 0);
    if (size > MAX_WAITING) this.from.pause();
  }

  /** Let go what waits, up to the next packet that is blocked, in one write. */
  #pump(): void {
    if (this.#queue.length === 0) return;
    this.to.cork();
    let cutting = false;
    while (this.#queue.length > 0 && !this.#queue[0]?.blocked && !cutting) {
      const next = this.#queue.shift();
      if (next) cutting = this.#letGo(next);
    }
    this.to.uncork();
    if (cutting) this.context.cut();
    else if (this.#queue.length === 0 && !this.to.writableNeedDrain) this.from.resume();
  }

  /** Returns whether the line is to be cut now. */
  #letGo({ bytes, frame, fault, end }: Waiting): boolean {
    const { transcript } = this.context;
    if (end) {
      this.to.end();
      return false;
    }
    if (frame && fault?.fault.do === "drop") {
      transcript.settle(frame, "dropped");
      return false;
    }
    if (frame && fault?.fault.do === "cut" && fault.fault.when === "before") {
      transcript.settle(frame, "cut");
      return true;
    }
    if (frame) transcript.settle(frame, "passed");
    this.#write(bytes);
    return fault?.fault.do === "cut";
  }

  #write(bytes: Buffer): void {
    if (!this.to.write(bytes)) this.from.pause();
  }

  /** Take the first bytes of those not yet forwarded. */
  #shift(length: number): Buffer {
    const all = this.#unsent.length === 1 ? this.#unsent[0] : Buffer.concat(this.#unsent);
    if (all === undefined) return Buffer.alloc(0);
    this.#unsent = all.length > length ? [all.subarray(length)] : [];
    return all.length > length ? all.subarray(0, length) : all;
  }
}
