// Kills: routeOf: takes the first route that matches
// Lets later lines win, as in a style sheet.
import type { Route } from "../../../workbook/proxy/routes.ts";
import { filterMatches } from "../../../workbook/wire/filters.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export function routeOf(routes: readonly Route[], topic: string): Route | undefined {
  return routes.findLast(({ filter }) => filterMatches(filter, topic));
}
