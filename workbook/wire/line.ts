import type { Socket } from "node:net";
import type { IConnackPacket, IConnectPacket } from "mqtt-packet";
import type { Faults } from "./faults.ts";
import { filterWithin } from "./filters.ts";
import { Lane } from "./lane.ts";
import {
  type Closed,
  type Connection,
  type Direction,
  Frame,
  type Transcript,
} from "./transcript.ts";

/** A broker's clock that is set to fewer seconds than this may run out while somebody waits for it. */
const SOON = 10;
const PINGREQ = Buffer.from([0xc0, 0x00]);

interface LineContext {
  now(): number;
  readonly transcript: Transcript;
  readonly faults: Faults;
  /** Called whenever a side closes, with the network's error if there was one. */
  closed(by: Closed["by"], error?: Error): void;
  /** The broker has closed its side: whatever it had to say here has come. */
  over(): void;
}

/** One connection through the tap: its two lanes, and what is still to come from the broker on it. */
export class Line {
  readonly #toBroker: Lane;
  readonly #toClient: Lane;
  /** How far the broker has come with it. Before a CONNECT it takes nothing else [MQTT-3.1.0-1]. */
  #stage: "unused" | "opening" | "open" | "refused" = "unused";
  #isOver = false;
  /** In seconds, as it holds on this line. */
  #keepAlive = 0;
  #isScheduled = false;
  /**
   * The PINGREQs that the broker has not answered yet, in the order in which it got them: what to call
   * after one of the tap's own, nothing for one of the client's.
   */
  #pings: ((() => void) | undefined)[] = [];
  /** Who waits for the broker to close its side. */
  #untilOver: (() => void)[] = [];

  constructor(
    readonly connection: Connection,
    client: Socket,
    upstream: Socket,
    private readonly context: LineContext,
  ) {
    this.#toBroker = this.#lane(client, upstream, "to-broker");
    this.#toClient = this.#lane(upstream, client, "to-client");
  }

  #lane(from: Socket, to: Socket, direction: Direction): Lane {
    const { connection, context } = this;
    const { now, transcript, faults } = context;
    const toBroker = direction === "to-broker";
    return new Lane(from, to, {
      frame: (bytes, size, problem) => {
        const frame = new Frame(now(), connection, direction, bytes, size, problem);
        connection.introduce(frame);
        if (!toBroker && frame.type === "connack") this.#answered(frame);
        return frame;
      },
      transcript,
      faults,
      passed: toBroker ? (frame) => this.#reached(frame) : () => {},
      ...(!toBroker && { pings: this }),
      cut: () => this.cut(),
      freeze: (released) => (toBroker ? this.#toClient : this.#toBroker).freeze(released),
      ended: (error) => {
        context.closed(toBroker ? "client" : "broker", error);
        if (!toBroker) this.#end();
      },
    });
  }

  /** Break it in both directions, without a DISCONNECT: what was written before still arrives. */
  cut(): void {
    this.context.closed("tap");
    this.#toBroker.cut();
    this.#toClient.cut();
  }

  /** The broker will do something of its own accord, and not at once, even after this line's end. */
  get isScheduled(): boolean {
    return this.#isScheduled;
  }

  /** Whether the broker's answer to a ping of the tap's own would tell all, and change nothing. */
  get isClear(): boolean {
    const { unfinished, unread } = this.#toBroker;
    // A ping would start the broker's wait for the client anew [MQTT-3.1.2-22].
    if (this.#isScheduled || isSoon(this.#keepAlive)) return false;
    if (this.#isFrozen) return true;
    return !unfinished && !unread && !this.#toClient.unfinished && this.#stage !== "opening";
  }

  /**
   * Resolves when the broker has answered a ping of the tap's own, behind all that it had sent before.
   * Where none may be sent any more, when the broker has closed its side.
   */
  async hearOut(): Promise<void> {
    if (this.#isOver || this.#isFrozen || this.#stage !== "open") return;
    await new Promise<void>((resolve) => {
      // After a DISCONNECT nothing else may follow [MQTT-3.14.4-1], and the broker closes.
      if (this.connection.saidDisconnect || !this.#toBroker.isOpen) {
        this.#untilOver.push(resolve);
      } else {
        this.#pings.push(resolve);
        this.#toBroker.slipIn(PINGREQ);
      }
    });
  }

  /** Whether any PINGRESP is to come. */
  get awaitsAnswer(): boolean {
    return this.#pings.length > 0;
  }

  /** A PINGRESP came. Returns whether it is for the tap alone: answers come in the order of the pings. */
  takeAnswer(): boolean {
    const answered = this.#pings.shift();
    answered?.();
    return answered !== undefined;
  }

  get #isFrozen(): boolean {
    return this.#toBroker.isFrozen || this.#toClient.isFrozen;
  }

  /** A packet went on to the broker. */
  #reached(frame: Frame): void {
    if (this.#stage === "unused") this.#stage = "opening";
    switch (frame.type) {
      case "pingreq":
        this.#pings.push(undefined);
        break;
      case "connect":
        if (frame.packet?.cmd === "connect") this.#learnClocks(frame.packet);
        break;
      case "subscribe": {
        // What a broker says of itself, it says from time to time.
        const wanted = frame.packet?.cmd === "subscribe" ? frame.packet.subscriptions : [];
        if (wanted.some(({ topic }) => filterWithin(topic).startsWith("$SYS"))) {
          this.#isScheduled = true;
        }
      }
    }
  }

  #learnClocks({ keepalive = 0, properties, will }: IConnectPacket): void {
    this.#keepAlive = keepalive;
    const { willDelayInterval = 0 } = will?.properties ?? {};
    this.#isScheduled = willDelayInterval > 0 || isSoon(properties?.sessionExpiryInterval);
  }

  /** The broker's answer to CONNECT came. */
  #answered({ packet }: Frame): void {
    if (this.#stage !== "opening" || packet?.cmd !== "connack") return;
    const isRefusal = (packet.reasonCode ?? packet.returnCode ?? 0) !== 0;
    this.#stage = isRefusal ? "refused" : "open";
    if (isRefusal) {
      this.#keepAlive = 0;
      this.#isScheduled = false;
    } else {
      this.#correctClocks(packet);
    }
  }

  /** The broker's own Keep Alive holds [MQTT-3.2.2-21], and so does its own Session Expiry Interval. */
  #correctClocks({ properties }: IConnackPacket): void {
    this.#keepAlive = properties?.serverKeepAlive ?? this.#keepAlive;
    if (isSoon(properties?.sessionExpiryInterval)) this.#isScheduled = true;
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const waiting = [...this.#pings.splice(0), ...this.#untilOver.splice(0)];
    for (const resolve of waiting) resolve?.();
    this.context.over();
  }
}

function isSoon(seconds = 0): boolean {
  return seconds > 0 && seconds < SOON;
}
