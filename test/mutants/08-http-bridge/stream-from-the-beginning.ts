// Kills: streamEvents: writes what happens from now on
// Tells everybody everything.
import * as right from "../../../solutions/08-http-bridge.ts";

export * from "../../../solutions/08-http-bridge.ts";

export const streamEvents: typeof right.streamEvents = (store, lastEventId, write, signal) =>
  right.streamEvents(store, lastEventId ?? 0, write, signal);
