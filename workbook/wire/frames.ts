/** Cut the bytes of one direction of a connection into MQTT control packets, without decoding them. */

/** One control packet as it stood on the wire. */
export interface RawFrame {
  /** The packet's bytes; only the first of them where it is longer than the splitter keeps. */
  readonly bytes: Buffer;
  /** Length on the wire in bytes: fixed header and remaining length together. */
  readonly size: number;
}

/** The largest a variable byte integer may say [MQTT-1.5.5-1]: four bytes of seven bits. */
const MAX_LENGTH_BYTES = 4;

export class FrameSplitter {
  #chunks: Buffer[] = [];
  #kept = 0;
  #pending = 0;
  /** Size of the packet that has begun, once its header has said it. */
  #size: number | undefined;
  #broken = false;

  /**
   * @param keep bytes kept of one packet, at least the five of a fixed header; the rest is counted and
   *   let go, so that memory is bounded
   */
  constructor(private readonly keep = Number.POSITIVE_INFINITY) {}

  /** The stream is not MQTT from here on: a reserved packet type or an impossible length came. */
  get broken(): boolean {
    return this.#broken;
  }

  /** How many bytes of an unfinished packet (or, once broken, of garbage) have come. */
  get pending(): number {
    return this.#pending;
  }

  /** Size of the unfinished packet in bytes, if its header has said it. */
  get expected(): number | undefined {
    return this.#size;
  }

  /** The bytes of the unfinished packet, as far as they were kept. */
  get rest(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks, this.#kept)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  /** Take the next bytes; return the packets that they complete, in order. */
  push(chunk: Buffer): RawFrame[] {
    const frames: RawFrame[] = [];
    let data = chunk;
    while (data.length > 0 && !this.#broken) {
      const begun = this.#pending;
      this.#size ??= this.#readSize(data);
      if (this.#broken) break;
      if (this.#size === undefined || begun + data.length < this.#size) {
        this.#append(data);
        break;
      }
      const taken = this.#size - begun;
      if (begun === 0) {
        const bytes = data.subarray(0, Math.min(taken, this.keep));
        frames.push({ bytes, size: this.#size });
        this.#size = undefined;
      } else {
        this.#append(data.subarray(0, taken));
        frames.push({ bytes: this.rest, size: this.#size });
        this.#forget();
      }
      data = data.subarray(taken);
    }
    if (this.#broken) this.#append(data);
    return frames;
  }

  /** The unfinished packet's bytes, as far as they were kept; the splitter lets go of them. */
  take(): Buffer {
    const rest = this.rest;
    this.#forget();
    return rest;
  }

  /** The whole size that the fixed header at the start of pending + data states, if it is all there. */
  #readSize(data: Buffer): number | undefined {
    const header = this.#pending === 0 ? data : Buffer.concat([this.rest, data.subarray(0, 5)]);
    const first = header[0];
    if (first === undefined) return undefined;
    if (first >> 4 === 0) {
      this.#broken = true;
      return undefined;
    }
    let length = 0;
    for (let i = 0; i < MAX_LENGTH_BYTES; i++) {
      const byte = header[1 + i];
      if (byte === undefined) return undefined;
      length += (byte & 0x7f) * 128 ** i;
      if ((byte & 0x80) === 0) return 2 + i + length;
    }
    this.#broken = true;
    return undefined;
  }

  #append(data: Buffer): void {
    this.#pending += data.length;
    const room = this.keep - this.#kept;
    if (room <= 0) return;
    const kept = data.subarray(0, Math.min(data.length, room));
    this.#chunks.push(kept);
    this.#kept += kept.length;
  }

  #forget(): void {
    this.#chunks = [];
    this.#kept = 0;
    this.#pending = 0;
    this.#size = undefined;
  }
}
