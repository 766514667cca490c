import { printable, shortenEnd } from "./columns.ts";
import type { Bits, Part } from "./part.ts";

/** What a reader's caller makes of a number. */
export interface Said {
  readonly value?: string;
  readonly meaning: string;
  readonly bits?: readonly Bits[];
}

/** From here on the bytes cannot be understood. */
export class Undecodable extends Error {}

/** Longer values are shown by their beginning. */
const MAX_VALUE = 240;

/** Walks through the bytes of one packet, and names each part it passes. */
export class ByteReader {
  readonly parts: Part[] = [];
  #at = 0;
  #end: number;

  constructor(private readonly bytes: Buffer) {
    this.#end = bytes.length;
  }

  /** Where the next part begins. */
  get at(): number {
    return this.#at;
  }

  /** How many bytes are left, of the packet or of the block that is being read. */
  get left(): number {
    return this.#end - this.#at;
  }

  /** @throws Undecodable when there is no further byte */
  peek(): number {
    this.#need(1, "the next part");
    return this.bytes[this.#at] ?? 0;
  }

  byte(name: string, section: string, say: (value: number) => Said): number {
    return this.#number(1, name, section, say);
  }

  /** A Two Byte Integer, high byte first (section 1.5.2). */
  twoBytes(name: string, section: string, say: (value: number) => Said): number {
    return this.#number(2, name, section, say);
  }

  /** A Four Byte Integer, high byte first (section 1.5.3). */
  fourBytes(name: string, section: string, say: (value: number) => Said): number {
    return this.#number(4, name, section, say);
  }

  /** A Variable Byte Integer: seven bits in each byte, lowest first (section 1.5.5). */
  variable(name: string, section: string, say: (value: number) => Said): number {
    let value = 0;
    for (let length = 1; length <= 4; length++) {
      this.#need(length, name);
      const byte = this.bytes[this.#at + length - 1] ?? 0;
      value += (byte & 0x7f) * 128 ** (length - 1);
      if (byte < 0x80) {
        this.#take(length, name, section, { value: String(value), ...say(value) });
        return value;
      }
    }
    throw new Undecodable(`${name} goes on after four bytes, and may not`);
  }

  /** A UTF-8 Encoded String: its length in two bytes, then the text (section 1.5.4). */
  text(name: string, section: string, meaning: string): string {
    const bytes = this.#block(name, section);
    const text = bytes.toString("utf8");
    // [MQTT-1.5.4-1]
    if (!Buffer.from(text).equals(bytes)) throw new Undecodable(`${name} is no valid UTF-8`);
    this.#take(bytes.length, name, section, { value: shown(text), meaning });
    return text;
  }

  /** Binary Data: its length in two bytes, then any bytes (section 1.5.6). */
  binary(name: string, section: string, meaning: string, secret?: "secret"): void {
    const { length } = this.#block(name, section);
    this.#bytes(length, name, section, meaning, secret);
  }

  /** All that is left. */
  rest(name: string, section: string, meaning: string): void {
    this.#bytes(this.left, name, section, meaning);
  }

  /** Read a block of so many bytes: nothing in it may reach beyond its end. */
  within(length: number, name: string, read: () => void): void {
    this.#need(length, name);
    const outer = this.#end;
    this.#end = this.#at + length;
    while (this.left > 0) read();
    this.#end = outer;
  }

  /** The packet is over here: what follows belongs to no packet. */
  endAt(end: number): void {
    this.#end = Math.min(end, this.bytes.length);
  }

  /** Add a sentence to the part that was read last. */
  remark(sentence: string): void {
    const last = this.parts.pop();
    if (last) this.parts.push({ ...last, meaning: `${last.meaning} ${sentence}`.trim() });
  }

  /** Name all that is left as what it is: bytes without a meaning. */
  giveUp(reason: string, secret: boolean): void {
    const length = this.bytes.length - this.#at;
    if (length === 0) {
      this.remark(`Here it ends: ${reason}.`);
      return;
    }
    this.parts.push({
      offset: this.#at,
      length,
      name: "undecodable",
      value: secret ? HIDDEN : hex(this.bytes.subarray(this.#at)),
      meaning: `${reason}.`,
      ...(secret && { secret }),
    });
  }

  #number(length: 1 | 2 | 4, name: string, section: string, say: (value: number) => Said): number {
    this.#need(length, name);
    const value = this.bytes.readUIntBE(this.#at, length);
    this.#take(length, name, section, { value: String(value), ...say(value) });
    return value;
  }

  /** Reads the two bytes of a length, and returns the bytes behind them, which must be valid. */
  #block(name: string, section: string): Buffer {
    const length = this.twoBytes(`${name}: length`, section, (value) => ({
      meaning:
        value === 0
          ? "It is empty."
          : `The next ${bytesInWords(value)} ${value === 1 ? "is" : "are"} it.`,
    }));
    this.#need(length, name);
    return this.bytes.subarray(this.#at, this.#at + length);
  }

  #bytes(length: number, name: string, section: string, meaning: string, secret?: "secret"): void {
    const bytes = this.bytes.subarray(this.#at, this.#at + length);
    this.#take(length, name, section, {
      value: secret ? HIDDEN : textOrHex(bytes),
      meaning,
      ...(secret && { secret: true }),
    });
  }

  #need(length: number, name: string): void {
    if (this.left >= length) return;
    const there =
      this.left === 0 ? "none is" : this.left === 1 ? "only 1 is" : `only ${this.left} are`;
    throw new Undecodable(`${name} needs ${bytesInWords(length)}, and ${there} left`);
  }

  #take(
    length: number,
    name: string,
    section: string,
    said: { value: string; meaning: string; bits?: readonly Bits[]; secret?: true },
  ): void {
    if (length === 0) return;
    this.parts.push({ offset: this.#at, length, name, section, ...said });
    this.#at += length;
  }
}

const HIDDEN = "(hidden)";

/** e.g. `1 byte`, `12 bytes` */
export function bytesInWords(count: number): string {
  return `${count} ${count === 1 ? "byte" : "bytes"}`;
}

function shown(text: string): string {
  return shortenEnd(printable(text.slice(0, 2 * MAX_VALUE)), MAX_VALUE);
}

function hex(bytes: Buffer): string {
  const start = bytes.subarray(0, MAX_VALUE / 3).toString("hex");
  return `${(start.match(/../g) ?? []).join(" ")}${bytes.length > MAX_VALUE / 3 ? " …" : ""}`;
}

/** Bytes as text where they are text. */
function textOrHex(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  const isText = Buffer.from(text).equals(bytes) && !/[^\P{Cc}\s]/u.test(text);
  return isText ? shown(text) : hex(bytes);
}
