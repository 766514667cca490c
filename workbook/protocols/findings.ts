/** What the functions of module 5 find out. */
import type { Batch } from "./batch.ts";
import type { Guarantee, Leg } from "./delivery.ts";
import type { ConnectionCost, Measurement } from "./measure.ts";
import type { Need, Scenario } from "./needs.ts";
import type { Newcomer, Pattern, Teams } from "./scaling.ts";
import type { System } from "./systems.ts";

/** What it takes to send a batch, in bytes on the wire. */
export interface Overhead {
  /** What the client sends for the whole batch. */
  readonly publish: number;
  /** Of that, for each reading, what is neither its topic nor its payload. May be below zero. */
  readonly beyond: number;
  /**
   * A device connects, sends one such reading, waits for the acknowledgement and sleeps again: all bytes
   * both ways.
   */
  readonly wakeUp: number;
  /** How often it waits for the server meanwhile. */
  readonly roundTrips: number;
}

/** What a message may expect on its way. */
export interface Delivery {
  /** Two for each leg: to the server, and from there to the receiver. */
  readonly hops: readonly Guarantee[];
  /** From the first publisher to the last receiver. */
  readonly endToEnd: Guarantee;
}

/** What becomes of the messages when several workers receive. */
export interface Scaling {
  /** How many workers, of all teams together, get each message. */
  readonly copies: number;
  /** How many workers of a team can have something to do at the same time. */
  readonly working: number;
  /** Whether the readings of one sensor are handled in the order in which they were sent. */
  readonly inOrder: boolean;
  /** What one worker more in a team gets. */
  readonly newcomer: Newcomer;
}

/** What things cost, in bytes on the wire. */
export interface Prices {
  /** To get ready to publish, once for each connection, both ways. */
  readonly connect: Readonly<Record<System, number>>;
  /** What the client sends for this batch. */
  publish(batch: Batch): Record<System, number>;
}

/** How well the systems suit a scenario. */
export interface Fit {
  /** All four, the best first. */
  readonly ranking: readonly {
    readonly system: System;
    /** The needs that it does not meet. */
    readonly fails: readonly Need[];
    /** What a device moves each day, to connect and to publish. */
    readonly bytesPerDay: number;
  }[];
  /** Where none is enough alone: one for the devices, one for the data, and a bridge between them. */
  readonly combination?: { readonly devices: System; readonly backend: System } | undefined;
}

/** Where one system becomes cheaper than another. */
export interface Crossing {
  readonly keyed: boolean;
  /** The one that is cheaper, or as cheap, for a single reading. */
  readonly before: System;
  /** The one that is cheaper in batches. */
  readonly after: System;
  /** The size of the batch from which on it is. */
  readonly count: number;
}

/** All that the report says. */
export interface Findings {
  readonly measurements: readonly Measurement[];
  /** For the single reading: what the formulas say, beside what was measured. */
  readonly overhead: Readonly<Record<System, Overhead>>;
  readonly crossings: readonly Crossing[];
  /** For each of the `deliveryOptions`, in their order: the guarantee of its hop. */
  readonly delivery: readonly Guarantee[];
  /** For each of the `patterns`, in their order. */
  readonly scaling: readonly Scaling[];
  /** For each of the `scenarios`, in their order. */
  readonly fits: readonly Fit[];
}

/** The four functions that the report is made with. */
export interface Analyses {
  analyzeOverhead(
    batch: Batch,
    costs: Readonly<Record<System, ConnectionCost>>,
  ): Record<System, Overhead>;
  analyzeDeliveryGuarantees(path: readonly Leg[], idempotentReceiver: boolean): Delivery;
  analyzeScalabilityPatterns(pattern: Pattern, teams: Teams): Scaling;
  analyzeUseCaseFit(scenario: Scenario, prices: Prices): Fit;
}

/** The finished report, for a terminal, for a repository, for a browser. */
export interface Report {
  readonly findings: Findings;
  /** At most 80 columns wide. */
  readonly terminal: string;
  readonly markdown: string;
  /** One page that needs nothing else. */
  readonly html: string;
}
