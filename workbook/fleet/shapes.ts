import type { Part } from "../wire/part.ts";

/** What the server tells the page, as JSON. */

/** A device as its messages tell of it. */
export interface DeviceState {
  readonly id: string;
  readonly clientId: string;
  /** What it measures. */
  readonly kind: string;
  readonly unit: string;
  /** Its program is switched on. */
  running: boolean;
  /** What its status topic says, and who said it: the device itself, or the broker by its will. */
  status: "online" | "offline" | "unknown";
  by: "device" | "will";
  /** The last readings, oldest first. */
  readonly values: number[];
}

/** A packet that crossed the wire, or a line that closed. */
export interface WireEntry {
  /** Counted from 1. */
  readonly number: number;
  /** Seconds since the fleet began. */
  readonly at: number;
  readonly client: string;
  /** None for a line that closed, and for bytes that are no packet. */
  readonly type: string | null;
  readonly direction: "to-broker" | "to-client" | null;
  readonly words: string;
  /** Bytes on the wire; 0 for a line that closed. */
  readonly size: number;
}

/** All that the page needs to begin with. */
export interface Snapshot {
  readonly broker: string;
  readonly seed: number;
  /** Where other programs may connect, to be seen on the wire too. */
  readonly tapUrl: string;
  readonly monitor: string;
  /** The monitor hears the fleet: without it nobody knows what the devices say. */
  readonly linked: boolean;
  readonly devices: readonly DeviceState[];
  readonly entries: readonly WireEntry[];
}

/** What happens from then on. */
export type FleetEvent =
  | { readonly event: "device"; readonly device: DeviceState }
  | { readonly event: "entry"; readonly entry: WireEntry }
  | { readonly event: "linked"; readonly linked: boolean };

/** A packet's bytes, as far as they are shown, with what each of them means. */
export interface PacketDetails {
  readonly entry: WireEntry;
  /** Two hex digits for each byte, `**` for one that is a secret. */
  readonly hex: readonly string[];
  /** How many bytes are left out at the end. */
  readonly hidden: number;
  readonly parts: readonly Omit<Part, "secret">[];
  /** The packets that belong together with this one, in order, itself among them. */
  readonly flow: readonly WireEntry[];
}

/** What came of something that was asked for. */
export interface Outcome {
  readonly done: boolean;
  readonly words: string;
}
