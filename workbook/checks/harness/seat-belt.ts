import asyncHooks from "node:async_hooks";
import module, { createRequire, isBuiltin, syncBuiltinESMExports } from "node:module";
import v8 from "node:v8";
import workerThreads from "node:worker_threads";

/**
 * Takes away from this process what an answer needs in order to reach its judge or its neighbours, and
 * what Node's permission model, which guards the files, does not guard. For grading; call it when the
 * checks are loaded and the answers are not.
 *
 * A seat belt, no prison: the answer still shares this process with its check.
 */
export function fastenSeatBelt(): void {
  takeAway(process, "kill", "_kill", "_debugProcess", "_debugEnd", "binding");
  takeAway(process, "setuid", "setgid", "setgroups", "initgroups", "report");
  // The permission model does not hold in a new thread, and hooks for modules run in one.
  takeAway(workerThreads, "Worker");
  takeAway(module, "register", "registerHooks");
  // Whoever sees the promises of a check can settle them.
  takeAway(asyncHooks, "createHook", "executionAsyncResource");
  takeAway(v8.promiseHooks, "createHook", "onInit", "onBefore", "onAfter", "onSettled");
  takeAway(v8, "getHeapSnapshot", "writeHeapSnapshot", "setFlagsFromString", "startupSnapshot");
  // The permission model does not know that it writes files.
  if (isBuiltin("node:sqlite")) {
    takeAway(createRequire(import.meta.url)("node:sqlite"), "DatabaseSync", "backup");
  }
  syncBuiltinESMExports();
  lockBuiltins();
}

function takeAway(owner: object, ...names: string[]): void {
  for (const name of names) {
    if (!(name in owner)) continue;
    const refuse = () => {
      throw new Error(`${name} is taken away while an answer is graded`);
    };
    Object.defineProperty(owner, name, { value: refuse, writable: false, configurable: false });
  }
}

/** What the checks are made of must stay what it is: `Promise.race` above all. */
function lockBuiltins(): void {
  const builtins = {
    Array,
    JSON,
    Map,
    Number,
    Object,
    Promise,
    Reflect,
    RegExp,
    Set,
    String,
    WeakSet,
  };
  for (const [name, builtin] of Object.entries(builtins)) {
    Object.defineProperty(globalThis, name, {
      value: builtin,
      writable: false,
      configurable: false,
    });
    // Not Object.prototype: then nobody could define a toString of their own any more.
    if ("prototype" in builtin && builtin !== Object) Object.freeze(builtin.prototype);
    Object.freeze(builtin);
  }
}
