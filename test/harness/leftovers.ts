/**
 * Timers that answers leave running would go off in the middle of another answer's check. So those that
 * are set during a check end with it.
 */

let timers: Set<NodeJS.Timeout | NodeJS.Immediate> | undefined;

for (const name of ["setTimeout", "setInterval", "setImmediate"] as const) {
  const original = globalThis[name] as (...args: unknown[]) => NodeJS.Timeout;
  const remembering = (...args: unknown[]) => {
    const timer = original(...args);
    timers?.add(timer);
    return timer;
  };
  // util.promisify looks for a property of its own.
  Object.defineProperties(remembering, Object.getOwnPropertyDescriptors(original));
  Object.assign(globalThis, { [name]: remembering });
}

/** Remember the timers that are set from now on. Returns how to end them. */
export function watchTimers(): () => void {
  const watched = new Set<NodeJS.Timeout | NodeJS.Immediate>();
  timers = watched;
  return () => {
    timers = undefined;
    for (const timer of watched) {
      if ("refresh" in timer) clearTimeout(timer);
      else clearImmediate(timer);
    }
  };
}
