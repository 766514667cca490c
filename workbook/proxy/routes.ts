export { filterMatches } from "../wire/filters.ts";

/** A broker behind the proxy. */
export interface BrokerEntry {
  /** Small letters, digits and dashes. */
  readonly name: string;
  readonly url: string;
}

/** How many of a route's brokers must have acknowledged a message before its device is told so. */
export type Policy = "all" | "any" | "primary";

/** Where the messages go whose topics match a filter. */
export interface Route {
  readonly filter: string;
  /** The names of the brokers; the first one is the primary. */
  readonly brokers: readonly [string, ...string[]];
  readonly acknowledge: Policy;
}

/** @throws RangeError in one line, which names what is wrong with the brokers or the routes */
export function assertRoutes(brokers: readonly BrokerEntry[], routes: readonly Route[]): void {
  const names = brokers.map(({ name }) => name);
  for (const [index, name] of names.entries()) {
    if (!/^[a-z0-9-]+$/.test(name)) {
      throw new RangeError(`a broker's name has small letters, digits and dashes, not "${name}"`);
    }
    if (names.indexOf(name) !== index) throw new RangeError(`two brokers are called "${name}"`);
  }
  for (const route of routes) {
    const unknown = route.brokers.find((name) => !names.includes(name));
    if (unknown !== undefined) {
      throw new RangeError(`the route ${route.filter} leads to "${unknown}", which is no broker`);
    }
    if (new Set(route.brokers).size < route.brokers.length) {
      throw new RangeError(`the route ${route.filter} names a broker twice`);
    }
  }
}

/**
 * Whether some topic matches both filters. A wildcard at the start does not match topics that begin
 * with `$` [MQTT-4.7.2-1].
 */
export function filtersOverlap(one: string, other: string): boolean {
  const [a, b] = [one.split("/"), other.split("/")];
  const hides = (levels: readonly string[]) => levels[0] === "#" || levels[0] === "+";
  if ((hides(a) && b[0]?.startsWith("$")) || (hides(b) && a[0]?.startsWith("$"))) return false;
  for (let level = 0; ; level++) {
    const [left, right] = [a[level], b[level]];
    if (left === "#" || right === "#") return true;
    if (left === undefined || right === undefined) return left === right;
    if (left !== "+" && right !== "+" && left !== right) return false;
  }
}
