// Kills: routeOf: takes the first route that matches
// Takes the filter that says most, as an IP router does.
import type { Route } from "../../../workbook/proxy/routes.ts";
import { filterMatches } from "../../../workbook/wire/filters.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export function routeOf(routes: readonly Route[], topic: string): Route | undefined {
  return routes
    .filter(({ filter }) => filterMatches(filter, topic))
    .sort((one, other) => other.filter.length - one.filter.length)[0];
}
