/** One bit, or some that belong together, of a byte of flags. */
export interface Bits {
  /** Counted from the right, as the specification does: `7-4`, `0`. */
  readonly bits: string;
  readonly name: string;
  readonly value: string;
  readonly meaning: string;
}

/** Some bytes of a packet that say one thing. */
export interface Part {
  /** Where it begins, in bytes from the start of the packet. */
  readonly offset: number;
  /** In bytes, at least 1. */
  readonly length: number;
  /** The specification's name for it. */
  readonly name: string;
  /** What stands there, fit to be shown; a secret is not. */
  readonly value: string;
  /** What that says, in a sentence or two. */
  readonly meaning: string;
  /** The section of the MQTT 5.0 specification that defines it; none for bytes that mean nothing. */
  readonly section?: string;
  /** Where single bits have meanings of their own, from the highest to the lowest. */
  readonly bits?: readonly Bits[];
  /** A password or authentication data: nobody should see these bytes. */
  readonly secret?: true;
}
