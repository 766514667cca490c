// Kills: routeOf: finds none where no filter matches
// Sends what fits nowhere to the last route.
import type { Route } from "../../../workbook/proxy/routes.ts";
import { filterMatches } from "../../../workbook/wire/filters.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export function routeOf(routes: readonly Route[], topic: string): Route | undefined {
  return routes.find(({ filter }) => filterMatches(filter, topic)) ?? routes.at(-1);
}
