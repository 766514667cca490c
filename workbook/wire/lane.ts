import type { Socket } from "node:net";
import type { ArmedFault, Faults } from "./faults.ts";
import { FrameSplitter } from "./frames.ts";
import type { Fate, Frame, Transcript } from "./transcript.ts";

/** The most that is kept of one packet, in bytes. Larger ones are forwarded whole and shown in part. */
const MAX_FRAME_KEPT = 256 * 1024;
/** How much may wait behind a held packet, in bytes, before the lane stops reading. */
const MAX_WAITING = 1024 * 1024;
const NOTHING = Buffer.alloc(0);
/** The type of a PINGRESP, as it stands in a packet's first byte. */
const PINGRESP = 13;

/** Whose PINGREQs the sending side has still to answer. */
interface Pings {
  readonly awaitsAnswer: boolean;
  /** A PINGRESP came. Returns whether it is for the tap alone. */
  takeAnswer(): boolean;
}

interface LaneContext {
  frame(bytes: Buffer, size: number, problem?: string): Frame;
  readonly transcript: Transcript;
  readonly faults: Faults;
  /** A packet is on its way to the receiving side. */
  passed(frame: Frame): void;
  /** Where the tap's own pings may be answered. */
  readonly pings?: Pings;
  /** End both directions of the connection. */
  cut(): void;
  /** Let the other direction stand still too. */
  freeze(released: Promise<void>): void;
  /** The sending side closed, with the network's error if there was one. */
  ended(error?: Error): void;
}

/** Bytes on their way, in order: passed as they are unless their packet met a fault. */
interface Waiting {
  readonly bytes: Buffer;
  readonly frame?: Frame;
  readonly fault?: ArmedFault | undefined;
  /** The packet met a hold or a delay that is not over. */
  blocked?: boolean;
  timer?: NodeJS.Timeout;
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
  /** What waits for the first of it, which is blocked. Empty but for a hold or a delay. */
  #queue: Waiting[] = [];
  #queuedBytes = 0;
  /** Resolves when the line goes on: until then neither side hears anything, not even of a close. */
  #frozen: Promise<void> | undefined;
  /** Nothing goes this way any more. */
  #over = false;
  #isCut = false;

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
      if (from.readableEnded || this.#isCut) return;
      this.#whenThawed(() => {
        this.#stop();
        to.destroySoon();
      });
    });
    to.on("drain", () => this.#flow());
    to.on("close", () => {
      this.#whenThawed(() => {
        this.#stop();
        // Nobody is left to read what it sends. After a cut it may still be reading its last packet,
        // which a reset would take away: it closes by itself.
        if (!this.#isCut) from.destroySoon();
      });
    });
    from.resume();
  }

  /** Stand still from here on: what comes waits, and so does the news that a side has closed. */
  freeze(released: Promise<void>): void {
    const waiting: Waiting = { bytes: NOTHING, blocked: true };
    this.#queue.push(waiting);
    this.#frozen = released;
    released.then(() => {
      this.#frozen = undefined;
      waiting.blocked = false;
      this.#pump();
    });
  }

  /** Neither side hears anything for now. */
  get isFrozen(): boolean {
    return this.#frozen !== undefined;
  }

  /** What came last is not a whole packet, or no packet at all. */
  get unfinished(): boolean {
    return !this.#over && (this.#splitter.pending > 0 || this.#splitter.broken);
  }

  /** Bytes came that the lane has not taken yet. */
  get unread(): boolean {
    return !this.#over && this.from.readableLength > 0;
  }

  /** The receiving side still takes what is sent. */
  get isOpen(): boolean {
    return !this.#over && this.to.writable;
  }

  /**
   * Send a packet of the tap's own, past what waits here. Neither while a packet is unfinished, nor from
   * within the handling of one: half of another may already be on its way.
   */
  slipIn(packet: Buffer): void {
    this.#write(packet);
  }

  #whenThawed(action: () => void): void {
    if (this.#frozen) this.#frozen.then(action);
    else action();
  }

  /** End the line here: what was written still arrives, what comes from now on is let go. */
  cut(): void {
    const lost = this.#queue;
    this.#isCut = true;
    this.#stop();
    for (const { frame } of lost) if (frame) this.#settle(frame, "cut");
    this.to.end();
    this.from.resume();
  }

  #stop(): void {
    this.#over = true;
    for (const { timer } of this.#queue) clearTimeout(timer);
    this.#queue = [];
    this.#unsent = [];
  }

  #take(chunk: Buffer): void {
    if (this.#over) return;
    const { faults, transcript, pings } = this.context;
    this.#unsent.push(chunk);
    // Packets that nothing stops leave together, in as few writes as they came in.
    let passing = 0;
    for (const raw of this.#splitter.push(chunk)) {
      if (
        pings?.awaitsAnswer &&
        raw.size === 2 &&
        beginsPingresp(raw.bytes) &&
        pings.takeAnswer()
      ) {
        this.#write(this.#shift(passing));
        passing = 0;
        this.#shift(raw.size);
        continue;
      }
      const frame = this.context.frame(Buffer.from(raw.bytes), raw.size);
      const fault = faults.waiting && this.#ahead === 0 ? faults.take(frame) : undefined;
      const length = raw.size - this.#ahead;
      this.#ahead = 0;
      if (fault === undefined && this.#queue.length === 0) {
        transcript.record(frame);
        this.context.passed(frame);
        passing += length;
        continue;
      }
      this.#write(this.#shift(passing));
      passing = 0;
      this.#enqueue(this.#shift(length), frame, fault);
      if (this.#over) return;
    }
    this.#write(this.#shift(passing));
    this.#takeRest();
    this.#flow();
  }

  // An unfinished packet waits only while a fault may be meant for it, and never a very large one.
  #takeRest(): void {
    const { pending, broken } = this.#splitter;
    const length = pending - this.#ahead;
    if (length === 0) return;
    if (broken) {
      this.#ahead = 0;
      this.#pass(this.#shift(length), this.#unfinished("not MQTT"));
    } else if (
      this.context.pings?.awaitsAnswer &&
      pending === 1 &&
      beginsPingresp(this.#splitter.rest)
    ) {
      // Half of an answer that may be for the tap alone.
      return;
    } else if (!this.context.faults.waiting || this.#ahead > 0 || pending > MAX_FRAME_KEPT) {
      this.#ahead = pending;
      this.#pass(this.#shift(length));
    }
  }

  /** The sending side has closed. Half a packet is still the sender's bytes: pass them on and say so. */
  #finish(): void {
    if (this.#over) return;
    const { pending, expected } = this.#splitter;
    if (pending > 0) {
      const length = pending - this.#ahead;
      const problem = `half a packet: ${pending} of ${expected ?? "an unknown number of"} bytes`;
      this.#pass(this.#shift(length), this.#unfinished(problem));
    }
    this.#queue.push({ bytes: NOTHING, end: true });
    this.#pump();
  }

  /** What came of a packet that is none, or will never be whole. */
  #unfinished(problem: string): Frame {
    const size = this.#splitter.pending;
    return this.context.frame(Buffer.from(this.#splitter.take()), size, problem);
  }

  #pass(bytes: Buffer, frame?: Frame): void {
    if (this.#queue.length > 0) {
      this.#enqueue(bytes, frame);
    } else {
      if (frame) this.context.transcript.record(frame);
      this.#write(bytes);
    }
  }

  #enqueue(bytes: Buffer, frame?: Frame, fault?: ArmedFault): void {
    const waiting: Waiting = { bytes, ...(frame && { frame }), fault };
    this.#block(waiting);
    this.#queue.push(waiting);
    this.#queuedBytes += bytes.length;
    if (frame) {
      const first = this.#queue[0];
      if (first?.blocked) frame.fate = first.fault?.fault.do === "delay" ? "delayed" : "held";
      else frame.fate = fateUnder(fault);
      this.context.transcript.record(frame);
    }
    this.#pump();
  }

  #block(waiting: Waiting): void {
    const { fault } = waiting;
    if (fault === undefined || fault.fault.do === "drop" || fault.fault.do === "cut") return;
    waiting.blocked = true;
    if (fault.fault.do === "freeze") {
      this.#frozen = fault.released.then(() => {
        this.#frozen = undefined;
      });
      this.context.freeze(fault.released);
    }
    const over = () => {
      waiting.blocked = false;
      this.#pump();
    };
    if (fault.fault.do === "delay") waiting.timer = setTimeout(over, fault.fault.ms);
    else fault.released.then(over);
  }

  /** Let go what waits, up to the next packet that is blocked, in one write. */
  #pump(): void {
    if (this.#over) return;
    const blocked = this.#queue.findIndex((waiting) => waiting.blocked);
    const free = this.#queue.splice(0, blocked === -1 ? this.#queue.length : blocked);
    const going: Buffer[] = [];
    let cutAt: number | undefined;
    for (const [index, { bytes, frame, fault }] of free.entries()) {
      this.#queuedBytes -= bytes.length;
      const fate = fateUnder(fault);
      if (frame) this.#settle(frame, fate);
      if (frame && fate === "passed") this.context.passed(frame);
      if (fate === "passed") going.push(bytes);
      if (fault?.fault.do !== "cut") continue;
      cutAt = index;
      break;
    }
    this.#write(going.length === 1 ? (going[0] ?? NOTHING) : Buffer.concat(going));
    if (cutAt !== undefined) {
      // What waited behind it is lost.
      this.#queue.unshift(...free.slice(cutAt + 1));
      this.context.cut();
    } else if (free.at(-1)?.end) {
      this.to.end();
    }
    this.#flow();
  }

  #settle(frame: Frame, fate: Fate): void {
    if (frame.fate !== fate) this.context.transcript.settle(frame, fate);
  }

  #write(bytes: Buffer): void {
    if (bytes.length > 0) this.to.write(bytes);
  }

  /** Read on only while there is room for what comes. */
  #flow(): void {
    const full = this.#queuedBytes > MAX_WAITING || this.to.writableNeedDrain;
    if (full && !this.#over) this.from.pause();
    else this.from.resume();
  }

  /** Take the first bytes of those not yet forwarded. */
  #shift(length: number): Buffer {
    if (length === 0) return NOTHING;
    const all = this.#unsent.length === 1 ? this.#unsent[0] : Buffer.concat(this.#unsent);
    if (all === undefined) return NOTHING;
    this.#unsent = all.length > length ? [all.subarray(length)] : [];
    return all.length > length ? all.subarray(0, length) : all;
  }
}

function beginsPingresp(bytes: Buffer): boolean {
  return (bytes[0] ?? 0) >> 4 === PINGRESP;
}

/** What becomes of a packet once nothing blocks it. */
function fateUnder(armed: ArmedFault | undefined): Fate {
  const fault = armed?.fault;
  if (fault?.do === "drop") return "dropped";
  if (fault?.do === "cut" && fault.when === "before") return "cut";
  return "passed";
}
