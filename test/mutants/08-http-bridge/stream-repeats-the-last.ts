// Kills: streamEvents: goes on behind the Last-Event-ID
// Writes once more what the reader has seen.
import * as right from "../../../solutions/08-http-bridge.ts";

export * from "../../../solutions/08-http-bridge.ts";

export const streamEvents: typeof right.streamEvents = (store, lastEventId, write, signal) =>
  right.streamEvents(store, lastEventId && lastEventId - 1, write, signal);
