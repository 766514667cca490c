// Kills: streamEvents: writes no faster than its reader reads
// Does not ask whether anybody reads.
import * as right from "../../../solutions/08-http-bridge.ts";

export * from "../../../solutions/08-http-bridge.ts";

export const streamEvents: typeof right.streamEvents = (store, lastEventId, write, signal) =>
  right.streamEvents(store, lastEventId, async (text) => void write(text), signal);
