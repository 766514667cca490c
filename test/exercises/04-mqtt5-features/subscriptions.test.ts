import type { IPublishPacket } from "mqtt";
import { describe } from "vitest";
import { prefixed } from "../../../workbook/telemetry.ts";
import { loadAnswers } from "../../harness/answers.ts";
import { check } from "../../harness/check.ts";
import { settles, within } from "../../harness/deadline.ts";
import { brokerGone, type Desk, sent } from "../../harness/desk.ts";
import { clearAtEnd } from "../../harness/retained.ts";
import { delivery, playBroker, type Script } from "../../harness/scripted-broker.ts";
import { Wrong } from "../../harness/wrong.ts";

type Answers = typeof import("../../../solutions/04-mqtt5-features.ts");
const answers = () => loadAnswers<Answers>("04-mqtt5-features");

describe("subscribeAsBridge", () => {
  const stage = async (desk: Desk) => {
    const { subscribeAsBridge } = await answers();
    const topic = prefixed(`${desk.name("floor")}/lamp`);
    await clearAtEnd(desk, topic);
    const bridge = await desk.client("bridge");
    const other = await desk.helper("lamp");
    const arrived: IPublishPacket[] = [];
    const end = prefixed(`${desk.name("floor")}/end`);
    let ended: () => void = () => {};
    bridge.on("message", (from, _payload, packet) => {
      if (from === end) ended();
      else arrived.push(packet);
    });
    const subscribe = () =>
      settles("subscribeAsBridge", () =>
        subscribeAsBridge(bridge, prefixed(`${desk.name("floor")}/#`)),
      );
    /** What has arrived since the last time, once all of it must have. */
    const settle = async () => {
      const over = new Promise<void>((resolve) => {
        ended = resolve;
      });
      await other.publishAsync(end, "end", { qos: 1 });
      await within(over, () => silent(desk));
      return arrived.splice(0);
    };
    return { topic, bridge, other, subscribe, settle };
  };

  check("subscribeAsBridge", "does not hear what it says itself", async (desk) => {
    const { topic, bridge, other, subscribe, settle } = await stage(desk);
    await subscribe();
    await bridge.publishAsync(topic, "its own", { qos: 1 });
    await other.publishAsync(topic, "another's", { qos: 1 });
    const heard = (await settle()).map(({ payload }) => payload.toString());
    if (!heard.includes("its own")) return;
    throw new Wrong({
      headline: "the bridge hears its own message",
      expected: "another's",
      got: heard.join(", "),
      why: "a bridge that copies what it has itself just copied never stops; No Local prevents it [MQTT-3.8.3-3]",
      wire: desk.frames(),
    });
  });

  check("subscribeAsBridge", "sees which messages are to be kept", async (desk) => {
    const { topic, other, subscribe, settle } = await stage(desk);
    await subscribe();
    await other.publishAsync(topic, "to be kept", { qos: 1, retain: true });
    await other.publishAsync(topic, "for now", { qos: 1 });
    const flags = (await settle()).map(({ retain }) => retain);
    if (flags.join() === "true,false") return;
    throw new Wrong({
      headline: "the bridge cannot tell what is to be kept",
      expected: "RETAIN on the first message, and not on the second",
      got: flags.map((flag) => (flag ? "RETAIN" : "no RETAIN")).join(", then ") || "no message",
      why: "to who is subscribed the flag comes as 0, unless he asks for it as it was published [MQTT-3.3.1-13]",
      wire: desk.frames(),
    });
  });

  check("subscribeAsBridge", "gets what is kept once, and not again", async (desk) => {
    const { topic, other, subscribe, settle } = await stage(desk);
    await other.publishAsync(topic, "kept", { qos: 1, retain: true });
    await subscribe();
    const first = await settle();
    await subscribe();
    const second = await settle();
    if (first.length === 1 && second.length === 0) return;
    throw new Wrong({
      headline:
        first.length === 0
          ? "the bridge misses what was kept before it came"
          : "the bridge gets what is kept a second time",
      expected: "one message with the first subscription, none with the second",
      got: `${first.length} with the first, ${second.length} with the second`,
      why: "Retain Handling 0 is every time, 1 only when the subscription is new, 2 never [MQTT-3.3.1-10]",
      wire: desk.frames(),
    });
  });
});

describe("routeByFilter", () => {
  type Call = readonly [filter: unknown, payload: unknown];

  /** The answer on a scripted broker, with these filters. */
  const route = async (desk: Desk, script: Script = {}) => {
    const { routeByFilter } = await answers();
    const broker = await playBroker(desk, script);
    const client = await broker.client("router");
    const filters = ["a/#", "b/#", "+/c"].map((filter) =>
      prefixed(`${desk.name("house")}/${filter}`),
    );
    const calls: Call[] = [];
    await settles("routeByFilter", () =>
      routeByFilter(client, filters, (filter, payload) => calls.push([filter, payload])),
    );
    const identifiers = broker.frames(sent("subscribe")).flatMap(({ packet }) => {
      if (packet?.cmd !== "subscribe") return [];
      const identifier = packet.properties?.subscriptionIdentifier ?? 0;
      return packet.subscriptions.map(({ topic }) => [topic, identifier] as const);
    });
    const identifierOf = new Map(identifiers);
    const ids = filters.map((filter) => identifierOf.get(filter) ?? 0);
    const tellCalls = () => calls.map(([filter, payload]) => `${filter}: ${payload}`);
    return { client, broker, filters, ids, tellCalls };
  };
  /** The client has handled what came before this. */
  const answered = (client: Awaited<ReturnType<typeof route>>["client"]) =>
    within(client.publishAsync("trigger", "x", { qos: 1 }), () => brokerGone("no PUBACK"));

  check("routeByFilter", "gives each filter an identifier of its own", async (desk) => {
    const { ids, broker } = await route(desk);
    if (new Set(ids).size === ids.length && !ids.includes(0)) return;
    throw new Wrong({
      headline: "the broker cannot tell your subscriptions apart",
      expected: "a SUBSCRIBE for each filter, each with another Subscription Identifier",
      got: ids.map((id) => (id === 0 ? "none" : `${id}`)).join(", "),
      why: "an identifier belongs to a whole SUBSCRIBE, and so to all the filters in it",
      wire: broker.frames(sent("subscribe")),
    });
  });

  check("routeByFilter", "tells the filter that matched, and the payload", async (desk) => {
    const { routeByFilter } = await answers();
    const client = await desk.client("router");
    const [house, garden] = ["house", "garden"].map((name) => prefixed(desk.name(name)));
    const filters = [`${house}/#`, `${garden}/+`];
    const calls: string[] = [];
    let tellLast: () => void = () => {};
    const last = new Promise<void>((resolve) => {
      tellLast = resolve;
    });
    await settles("routeByFilter", () =>
      routeByFilter(client, filters, (filter, payload) => {
        calls.push(`${filter}: ${payload}`);
        if (calls.length === 3) tellLast();
      }),
    );
    const helper = await desk.helper("sensor");
    const messages = [`${garden}/rain`, `${house}/hall/co2`, `${garden}/wind`];
    for (const [index, topic] of messages.entries()) {
      await helper.publishAsync(topic, `${index}`, { qos: 1 });
    }
    const expected = [`${filters[1]}: 0`, `${filters[0]}: 1`, `${filters[1]}: 2`];
    const explain = () =>
      new Wrong({
        headline: "a message is not told under its filter",
        expected: expected.join("\n             "),
        got: calls.join("\n             ") || "no call",
        why: "each message carries the identifier of the subscription that it comes for [MQTT-3.3.4-3]",
        wire: desk.frames((frame) => frame.type === "subscribe" || frame.type === "publish"),
      });
    await within(last, explain);
    if (calls.join() !== expected.join()) throw explain();
  });

  check("routeByFilter", "tells every filter that matched", async (desk) => {
    let identifiers: readonly number[] = [];
    const { client, filters, ids, broker, tellCalls } = await route(desk, {
      publish: ({ messageId = 0 }, line) =>
        line.send(
          // One copy for two subscriptions, and then two copies for two subscriptions.
          delivery("a/c", "one copy", { subscriptionIdentifier: [...identifiers] }),
          ...identifiers.map((id) => delivery("a/c", "two copies", { subscriptionIdentifier: id })),
          { cmd: "puback", messageId },
        ),
    });
    const matched = [0, 2];
    identifiers = matched.map((index) => ids[index] ?? 0);
    await answered(client);
    const expected = ["one copy", "two copies"].flatMap((payload) =>
      matched.map((index) => `${filters[index]}: ${payload}`),
    );
    if (tellCalls().sort().join() === expected.sort().join()) return;
    throw new Wrong({
      headline: "of two filters that matched not both are told, once each",
      expected: expected.join("\n             "),
      got: tellCalls().join("\n             ") || "no call",
      why: "one copy may carry several identifiers: then the property is an array [MQTT-3.3.4-4]",
      wire: broker.frames((frame) => frame.type === "publish"),
    });
  });

  check("routeByFilter", "leaves alone what carries no identifier", async (desk) => {
    const { client, broker, tellCalls } = await route(desk, {
      publish: ({ messageId = 0 }, line) =>
        line.send(delivery("other/topic", "not yours"), { cmd: "puback", messageId }),
    });
    await answered(client);
    if (tellCalls().length === 0) return;
    throw new Wrong({
      headline: "a message is told that came for another subscription",
      expected: "no call",
      got: tellCalls().join("\n             "),
      why: "the same client may have subscriptions without an identifier, made elsewhere",
      wire: broker.frames((frame) => frame.type === "publish"),
    });
  });

  check("routeByFilter", "is ready for what comes with the SUBACK", async (desk) => {
    const { client, filters, broker, tellCalls } = await route(desk, {
      subscribe: ({ messageId = 0, subscriptions, properties }, line) => {
        const id = properties?.subscriptionIdentifier ?? 0;
        const granted = subscriptions.map(({ qos }) => qos);
        const kept = id > 0 ? [delivery("kept", "kept", { subscriptionIdentifier: id })] : [];
        line.send({ cmd: "suback", messageId, granted }, ...kept);
      },
    });
    await answered(client);
    if (tellCalls().length >= filters.length) return;
    throw new Wrong({
      headline: "what comes right behind the SUBACK is missed",
      expected: filters.map((filter) => `${filter}: kept`).join("\n             "),
      got: tellCalls().join("\n             ") || "no call",
      why: "a broker sends what it keeps together with the SUBACK: listen before you subscribe",
      wire: broker.frames((frame) => frame.type === "suback" || frame.type === "publish"),
    });
  });
});

function silent(desk: Desk): Wrong {
  return new Wrong({
    headline: "the bridge hears nothing",
    expected: "what others publish under the filter",
    got: "no message",
    why: "a subscription has to be confirmed when your promise resolves",
    wire: desk.frames(),
  });
}
