/**
 * What all code of a process shares: an answer that changes it changes the checks of the others too. So
 * it is put back before and after each check.
 */

// First, because it puts its own in the place of some.
import "./timers.ts";

interface Shared {
  readonly owner: object;
  readonly ownerName: string;
  readonly key: string | symbol;
  readonly descriptor: PropertyDescriptor;
}

const { defineProperty, getOwnPropertyDescriptor } = Object;
const shared = [...listShared()];

function* listShared(): Generator<Shared> {
  yield* methodsOf(globalThis, "globalThis");
  for (const namespace of ["JSON", "Math", "Reflect", "Atomics"] as const) {
    yield* methodsOf(globalThis[namespace], namespace);
  }
  const classes = { Array, Boolean, Buffer, Date, Error, Function, Map, Number, Object, Promise };
  const others = { RegExp, Set, String, Symbol, Uint8Array, URL, WeakMap, WeakSet };
  for (const [name, owner] of Object.entries({ ...classes, ...others })) {
    yield* methodsOf(owner, name);
    yield* methodsOf(owner.prototype, `${name}.prototype`);
  }
}

function* methodsOf(owner: object, ownerName: string): Generator<Shared> {
  for (const key of Reflect.ownKeys(owner)) {
    const descriptor = getOwnPropertyDescriptor(owner, key);
    if (typeof descriptor?.value === "function") yield { owner, ownerName, key, descriptor };
  }
}

/**
 * Put back what was changed, and return its names, e.g. `JSON.stringify`. Written without a call that
 * may have been changed.
 */
export function restoreGlobals(): string[] {
  const changed: string[] = [];
  let count = 0;
  for (let i = 0; i < shared.length; i++) {
    const { owner, ownerName, key, descriptor } = shared[i] as Shared;
    if (getOwnPropertyDescriptor(owner, key)?.value === descriptor.value) continue;
    try {
      defineProperty(owner, key, descriptor);
    } catch {
      // It was made so that it cannot be put back; the verdict stays.
    }
    changed[count++] = `${ownerName}.${typeof key === "symbol" ? "[symbol]" : key}`;
  }
  return changed;
}
