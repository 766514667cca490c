import { setTimeout as delay } from "node:timers/promises";
import Database from "libsql";
import {
  type Command,
  type CommandState,
  type Device,
  type Presence,
  type Store,
  StoreBusy,
  type StoredReading,
  type StoreEvent,
} from "./store.ts";

/** How long a claim holds that nobody gives back, in milliseconds. */
const CLAIM_MS = 60_000;
/** How often to look whether another process has changed something, in milliseconds. */
const LOOK_MS = 20;
/** How often to tell that there may be something, though nothing has changed: a claim runs out silently. */
const TELL_MS = 10_000;
/** How long to wait for a lock before trying again, in milliseconds. The event loop goes on meanwhile. */
const RETRY_MS = 10;

const schema = `
  CREATE TABLE IF NOT EXISTS commands (
    place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, key TEXT NOT NULL UNIQUE,
    device TEXT NOT NULL, text TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'stored',
    reason TEXT, reply TEXT, claimed_by TEXT, claimed_until INTEGER NOT NULL DEFAULT 0);
  CREATE INDEX IF NOT EXISTS waiting ON commands (place) WHERE state = 'stored';
  CREATE TABLE IF NOT EXISTS readings (
    place INTEGER PRIMARY KEY AUTOINCREMENT, device TEXT NOT NULL, message TEXT,
    reading TEXT NOT NULL, UNIQUE (device, message));
  CREATE INDEX IF NOT EXISTS readings_of ON readings (device, place);
  CREATE TABLE IF NOT EXISTS devices (id TEXT PRIMARY KEY, presence TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, data TEXT NOT NULL);`;

export interface StoreOptions {
  /** How long a method waits while the database is locked, in milliseconds. For ever if not given. */
  readonly patienceMs?: number;
  /** Milliseconds since 1970, for claims. */
  readonly now?: () => number;
}

/**
 * Open a store in an SQLite file, or make it. Other processes may have it open too.
 *
 * @throws Error when the file is no database or cannot be written
 */
export async function openStore(file: string, options: StoreOptions = {}): Promise<Store> {
  const database = new Database(file);
  // A lock that does not go at once is waited for by this file, not within the database's own call.
  await whenFree(() => {
    database.pragma("journal_mode = WAL");
    // What is committed survives kill -9. To survive a power cut too takes FULL, and an fsync each time.
    database.pragma("synchronous = NORMAL");
    database.exec(schema);
  }, Number.POSITIVE_INFINITY);
  return new SqliteStore(database, options);
}

interface CommandRow {
  readonly id: string;
  readonly key: string;
  readonly device: string;
  readonly text: string;
  readonly state: CommandState;
  readonly reason: string | null;
  readonly reply: string | null;
}

const commandColumns = "id, key, device, text, state, reason, reply";

class SqliteStore implements Store {
  readonly #watchers = new Set<() => void>();
  readonly #statements = new Map<string, Database.Statement>();
  readonly #patienceMs: number;
  readonly #now: () => number;
  readonly #look: NodeJS.Timeout;
  /** The last write that was begun: the next one waits for it, so that they keep their order. */
  #last: Promise<unknown> = Promise.resolve();
  #version = 0;
  #toldAt = performance.now();
  #closed = false;

  constructor(
    readonly database: Database.Database,
    { patienceMs = Number.POSITIVE_INFINITY, now = Date.now }: StoreOptions,
  ) {
    this.#patienceMs = patienceMs;
    this.#now = now;
    this.#version = this.#dataVersion();
    this.#look = setInterval(() => this.#lookForChanges(), LOOK_MS).unref();
  }

  addCommand: Store["addCommand"] = ({ id, key, deviceId, text }) =>
    this.#write(() => {
      const { changes } = this.#run(
        "INSERT INTO commands (id, key, device, text) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [id, key, deviceId, text],
      );
      if (changes > 0) this.#addEvent("command", { id, deviceId, state: "stored" });
      const [row] = this.#rows<CommandRow>(`SELECT ${commandColumns} FROM commands WHERE key = ?`, [
        key,
      ]);
      if (row === undefined) throw new Error(`the id ${id} is taken by a command of another key`);
      return commandOf(row);
    });

  command: Store["command"] = (id) =>
    this.#read(() => {
      const [row] = this.#rows<CommandRow>(`SELECT ${commandColumns} FROM commands WHERE id = ?`, [
        id,
      ]);
      return row && commandOf(row);
    });

  claimCommands: Store["claimCommands"] = async (worker, limit) => {
    const now = this.#now();
    const free = "state = 'stored' AND claimed_until <= ?";
    // Most often nothing waits: a look needs no lock.
    const waits = await this.#read(() =>
      this.#rows(`SELECT place FROM commands WHERE ${free} LIMIT 1`, [now]),
    );
    if (waits.length === 0) return [];
    return this.#write(() => {
      const rows = this.#rows<CommandRow & { place: number }>(
        `UPDATE commands SET claimed_by = ?, claimed_until = ? WHERE place IN
          (SELECT place FROM commands WHERE ${free} ORDER BY place LIMIT ?)
          RETURNING place, ${commandColumns}`,
        [worker, now + CLAIM_MS, now, limit],
      );
      return rows.sort((a, b) => a.place - b.place).map(commandOf);
    });
  };

  releaseClaims: Store["releaseClaims"] = (worker) =>
    this.#write(() => {
      this.#run(
        "UPDATE commands SET claimed_by = NULL, claimed_until = 0 WHERE claimed_by = ? AND state = 'stored'",
        [worker],
      );
    });

  commandAcknowledged: Store["commandAcknowledged"] = (id) =>
    this.#write(() => {
      const rows = this.#rows<CommandRow>(
        `UPDATE commands SET state = 'acknowledged' WHERE id = ? AND state = 'stored'
          RETURNING ${commandColumns}`,
        [id],
      );
      this.#tellStates(rows);
    });

  commandRefused: Store["commandRefused"] = (id, reason) =>
    this.#write(() => {
      const rows = this.#rows<CommandRow>(
        `UPDATE commands SET state = 'refused', reason = ? WHERE id = ? AND state = 'stored'
          RETURNING ${commandColumns}`,
        [reason, id],
      );
      this.#tellStates(rows);
    });

  commandReplied: Store["commandReplied"] = (id, deviceId, reply) =>
    this.#write(() => {
      const rows = this.#rows<CommandRow>(
        `UPDATE commands SET state = 'replied', reply = ?
          WHERE id = ? AND device = ? AND state <> 'replied' RETURNING ${commandColumns}`,
        [reply, id, deviceId],
      );
      this.#tellStates(rows);
    });

  addReading: Store["addReading"] = ({ messageId, deviceId, reading }) =>
    this.#write(() => {
      const { changes } = this.#run(
        "INSERT INTO readings (device, message, reading) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [deviceId, messageId ?? null, JSON.stringify(reading)],
      );
      if (changes > 0) this.#addEvent("reading", { deviceId, reading });
    });

  readingsBehind: Store["readingsBehind"] = (place, deviceId, limit) =>
    this.#read(() =>
      this.#rows<{ place: number; device: string; message: string | null; reading: string }>(
        "SELECT place, device, message, reading FROM readings WHERE device = ? AND place > ? ORDER BY place LIMIT ?",
        [deviceId, place, limit],
      ).map(
        (row): StoredReading => ({
          place: row.place,
          deviceId: row.device,
          messageId: row.message ?? undefined,
          reading: JSON.parse(row.reading),
        }),
      ),
    );

  setPresence: Store["setPresence"] = (deviceId, presence) =>
    this.#write(() => {
      const { changes } =
        presence === undefined
          ? this.#run("DELETE FROM devices WHERE id = ?", [deviceId])
          : this.#run(
              `INSERT INTO devices (id, presence) VALUES (?, ?)
                ON CONFLICT (id) DO UPDATE SET presence = excluded.presence
                WHERE presence <> excluded.presence`,
              [deviceId, presence],
            );
      if (changes > 0) this.#addEvent("presence", { deviceId, presence: presence ?? null });
    });

  devices: Store["devices"] = () =>
    this.#read(() =>
      this.#rows<{ id: string; presence: Presence }>(
        "SELECT id, presence FROM devices ORDER BY id",
        [],
      ).map(({ id, presence }): Device => ({ id, presence })),
    );

  lastEventId: Store["lastEventId"] = () =>
    this.#read(() => {
      const [row] = this.#rows<{ last: number | null }>("SELECT max(id) AS last FROM events", []);
      return row?.last ?? 0;
    });

  eventsBehind: Store["eventsBehind"] = (id, limit) =>
    this.#read(() =>
      this.#rows<{ id: number; type: StoreEvent["type"]; data: string }>(
        "SELECT id, type, data FROM events WHERE id > ? ORDER BY id LIMIT ?",
        [id, limit],
      ).map(({ id, type, data }): StoreEvent => ({ id, type, data: JSON.parse(data) })),
    );

  watch(changed: () => void): () => void {
    // The same function may be given twice, and be ended once.
    const watcher = () => changed();
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#look);
    await this.#last.catch(() => {});
    this.#watchers.clear();
    this.database.close();
  }

  /** One at a time, each as a transaction. Waits while another process writes. */
  #write<Result>(change: () => Result): Promise<Result> {
    if (this.#closed) return Promise.reject(closed());
    const done = this.#last.then(() => whenFree(() => this.#transaction(change), this.#patienceMs));
    this.#last = done.then(
      () => this.#tell(),
      () => {},
    );
    return done;
  }

  #transaction<Result>(change: () => Result): Result {
    this.database.exec("BEGIN IMMEDIATE");
    try {
      const result = change();
      this.database.exec("COMMIT");
      return result;
    } catch (error) {
      this.database.exec("ROLLBACK");
      throw error;
    }
  }

  async #read<Result>(look: () => Result): Promise<Result> {
    if (this.#closed) throw closed();
    return whenFree(look, this.#patienceMs);
  }

  #run(sql: string, values: unknown[]): Database.RunResult {
    return this.#prepared(sql).run(...values);
  }

  #rows<Row>(sql: string, values: unknown[]): Row[] {
    return this.#prepared(sql).all(...values) as Row[];
  }

  #prepared(sql: string): Database.Statement {
    const statement = this.#statements.get(sql) ?? this.database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #tellStates(rows: readonly CommandRow[]): void {
    for (const { id, device, state } of rows) {
      this.#addEvent("command", { id, deviceId: device, state });
    }
  }

  #addEvent(type: StoreEvent["type"], data: unknown): void {
    this.#run("INSERT INTO events (type, data) VALUES (?, ?)", [type, JSON.stringify(data)]);
  }

  /** SQLite counts the commits of other connections. */
  #dataVersion(): number {
    const [row] = this.#rows<{ data_version: number }>("PRAGMA data_version", []);
    return row?.data_version ?? 0;
  }

  #lookForChanges(): void {
    try {
      const version = this.#dataVersion();
      const isDue = performance.now() - this.#toldAt >= TELL_MS;
      if (version === this.#version && !isDue) return;
      this.#version = version;
    } catch (error) {
      if (!isLocked(error)) throw error;
    }
    this.#tell();
  }

  #tell(): void {
    this.#toldAt = performance.now();
    for (const changed of [...this.#watchers]) changed();
  }
}

/** Try until no other process is in the way, or patience is at its end. */
async function whenFree<Result>(action: () => Result, patienceMs: number): Promise<Result> {
  const end = performance.now() + patienceMs;
  for (;;) {
    try {
      return action();
    } catch (error) {
      if (!isLocked(error)) throw error;
      if (performance.now() >= end) throw new StoreBusy();
    }
    await delay(RETRY_MS);
  }
}

function isLocked(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === "string" && /^SQLITE_(BUSY|LOCKED)/.test(code);
}

function closed(): Error {
  return new Error("the store is closed");
}

function commandOf({ id, key, device, text, state, reason, reply }: CommandRow): Command {
  return {
    id,
    key,
    deviceId: device,
    text,
    state,
    ...(reason === null ? {} : { reason }),
    ...(reply === null ? {} : { reply }),
  };
}
