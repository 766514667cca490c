// Kills: streamEvents: ends when its reader has gone
// Does not end what it has begun.
import * as right from "../../../solutions/08-http-bridge.ts";

export * from "../../../solutions/08-http-bridge.ts";

export const streamEvents: typeof right.streamEvents = (store, lastEventId, write, signal) => {
  const watch = (changed: () => void) => {
    store.watch(changed);
    return () => {};
  };
  const careless = Object.assign(Object.create(store), { watch });
  return right.streamEvents(careless, lastEventId, write, signal);
};
