import type { Reading } from "../telemetry.ts";

/** Somebody's wish, as it came by HTTP. */
export interface NewCommand {
  /** Its own, for ever: goes along wherever the command goes. */
  readonly id: string;
  /** What the client calls this request: the same key means the same request. */
  readonly key: string;
  readonly deviceId: string;
  /** What is to be done, as the device understands it. */
  readonly text: string;
}

/**
 * How far a command has come: it is in the database; the broker has acknowledged it, or refused it for
 * good; the device has replied.
 */
export type CommandState = "stored" | "acknowledged" | "refused" | "replied";

export interface Command extends NewCommand {
  readonly state: CommandState;
  /** Why the broker refused it. */
  readonly reason?: string;
  /** What the device replied. */
  readonly reply?: string;
}

export interface NewReading {
  /** The id that the device gave the message; without one it cannot be known again. */
  readonly messageId: string | undefined;
  readonly deviceId: string;
  readonly reading: Reading;
}

export interface StoredReading extends NewReading {
  /** Its place among all readings, from 1: the later stored, the higher. */
  readonly place: number;
}

export type Presence = "online" | "offline";

export interface Device {
  readonly id: string;
  readonly presence: Presence;
}

/** Something that changed: it stands in the database together with what it tells of, or neither does. */
export interface StoreEvent {
  /** From 1, the later the higher. */
  readonly id: number;
  readonly type: "command" | "reading" | "presence";
  /** What it tells: a value for JSON. */
  readonly data: unknown;
}

/**
 * The database in which the HTTP service and the MQTT worker meet, several processes at once. What a
 * method has resolved for survives the end of the process. While another process holds the database
 * locked, each method waits; all reject with `StoreBusy` when their patience is at its end, and with an
 * `Error` in one line when the store is closed.
 *
 * Behind this interface is SQLite. PostgreSQL would change four things, each named below, and spare
 * nobody the rest.
 */
export interface Store {
  /**
   * Keep a command, unless one with its key is there. Resolves with the one that is there then, whoever
   * was first (`INSERT … ON CONFLICT DO NOTHING` in either database).
   */
  addCommand(command: NewCommand): Promise<Command>;

  command(id: string): Promise<Command | undefined>;

  /**
   * Take commands to publish, oldest first: no other worker gets them, for a minute. Those that are
   * claimed already are passed over, also when this worker has claimed them.
   *
   * In PostgreSQL: `SELECT … FOR UPDATE SKIP LOCKED`, because writers work at the same time there.
   */
  claimCommands(worker: string, limit: number): Promise<Command[]>;

  /** Give back what a worker has claimed and not brought to an end: for one that begins anew. */
  releaseClaims(worker: string): Promise<void>;

  /** The broker has it. Says nothing new of a command that was replied to: a reply may be faster. */
  commandAcknowledged(id: string): Promise<void>;

  /** The broker will never take it. */
  commandRefused(id: string, reason: string): Promise<void>;

  /** The device has replied. The first reply stays; none of a device that was not asked is taken. */
  commandReplied(id: string, deviceId: string, reply: string): Promise<void>;

  /** Keep a reading, unless this device's message of that id is there. */
  addReading(reading: NewReading): Promise<void>;

  /** A device's readings behind this place, oldest first. */
  readingsBehind(place: number, deviceId: string, limit: number): Promise<StoredReading[]>;

  /** `undefined` forgets the device. What is known already is no event. */
  setPresence(deviceId: string, presence: Presence | undefined): Promise<void>;

  devices(): Promise<Device[]>;

  /** The id of the newest event; 0 where there is none. */
  lastEventId(): Promise<number>;

  /**
   * The events behind this one, oldest first. SQLite has one writer at a time, so an event with a lower
   * id never comes up later.
   *
   * In PostgreSQL it may: ids are handed out before the commit, and a slow writer commits behind a fast
   * one. Readers have to stop before the oldest transaction that is still open.
   */
  eventsBehind(id: number, limit: number): Promise<StoreEvent[]>;

  /**
   * Call this after changes, of this process or any other: once for several, sometimes for none, at
   * the latest 50 ms behind them. Returns how to end it.
   *
   * In PostgreSQL: `LISTEN` and `NOTIFY` instead of looking again and again.
   */
  watch(changed: () => void): () => void;

  /** Waits for what was begun. In PostgreSQL: give the connections back to the pool. */
  close(): Promise<void>;
}

/** The database was locked for too long. Nothing has changed: try again later. */
export class StoreBusy extends Error {
  override readonly name = "StoreBusy";

  constructor() {
    super("the database is locked by another process");
  }
}
