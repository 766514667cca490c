// Kills: streamEvents: goes on behind the Last-Event-ID
// Does not look where the reader was.
import * as right from "../../../solutions/08-http-bridge.ts";

export * from "../../../solutions/08-http-bridge.ts";

export const streamEvents: typeof right.streamEvents = (store, _lastEventId, write, signal) =>
  right.streamEvents(store, undefined, write, signal);
