import { prefixed } from "../../telemetry.ts";
import { filterWithin } from "../../wire/filters.ts";
import type { Desk } from "./desk.ts";
import { Wrong } from "./wrong.ts";

/** Each name of this check begins with a prefix of its own: who forgets prefixed() is found out. */
export function usePrefix(desk: Desk): void {
  const { WORKBOOK_PREFIX: before } = process.env;
  process.env.WORKBOOK_PREFIX = `${before ?? ""}${desk.name("learner")}-`;
  desk.atEnd(() => {
    if (before === undefined) delete process.env.WORKBOOK_PREFIX;
    else process.env.WORKBOOK_PREFIX = before;
  });
}

/** The first name that crossed the wire and is not of the learner's own, if there is one. */
export function foreignName(desk: Desk): string | undefined {
  const names = desk.frames().flatMap(({ packet, direction }) => {
    if (direction === "to-client" || packet === undefined) return [];
    // Ids that the library or the broker makes up are nobody else's.
    if (packet.cmd === "connect")
      return /^(mqttjs_|$)/.test(packet.clientId) ? [] : packet.clientId;
    if (packet.cmd === "subscribe")
      return packet.subscriptions.map(({ topic }) => filterWithin(topic));
    if (packet.cmd !== "publish") return [];
    // An empty topic stands for the one that its alias was given with.
    return [packet.topic, packet.properties?.responseTopic].filter((name) => name);
  });
  return names.filter((name) => name !== undefined).find((name) => !name.startsWith(prefixed("")));
}

/** To throw when `foreignName` has found one. */
export function notYourOwn(desk: Desk, name: string): Wrong {
  return new Wrong({
    headline: "a name is not your own",
    expected: `every topic, filter and client id begins with ${prefixed("")}`,
    got: name,
    why: "in a class everybody uses one broker: prefixed(...) keeps your names apart from the others'",
    wire: desk.frames(
      ({ type }) => type === "connect" || type === "subscribe" || type === "publish",
    ),
  });
}
