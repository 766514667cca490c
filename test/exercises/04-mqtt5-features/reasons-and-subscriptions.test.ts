import type { IPublishPacket, MqttClient } from "mqtt";
import { loadAnswers } from "../../../workbook/checks/harness/answers.ts";
import { check, describe } from "../../../workbook/checks/harness/check.ts";
import { settles, within } from "../../../workbook/checks/harness/deadline.ts";
import { brokerGone, type Desk, sent } from "../../../workbook/checks/harness/desk.ts";
import { clearAtEnd } from "../../../workbook/checks/harness/retained.ts";
import {
  delivery,
  playBroker,
  type Script,
  type ScriptedLine,
} from "../../../workbook/checks/harness/scripted-broker.ts";
import { Wrong } from "../../../workbook/checks/harness/wrong.ts";
import { prefixed } from "../../../workbook/telemetry.ts";
import { waitsForSuback } from "./confirmation.ts";

type Answers = typeof import("../../../solutions/04-mqtt5-features.ts");
const answers = () => loadAnswers<Answers>();

// What a broker refuses is a matter of its configuration. Here it is a matter of the script.

describe("reportPublish", () => {
  /** The answer's words for a PUBACK with each of these codes. */
  const publishEach = async (desk: Desk, codes: readonly number[]) => {
    const { reportPublish } = await answers();
    const left = [...codes];
    const broker = await playBroker(desk, {
      publish: ({ messageId = 0 }, line) =>
        line.send({ cmd: "puback", messageId, reasonCode: left.shift() ?? 0 }),
    });
    const client = await broker.client(`asker${codes[0]}`);
    const topic = prefixed(desk.name("reasons"));
    const words: unknown[] = [];
    for (const _code of codes) {
      words.push(await settles("reportPublish", () => reportPublish(client, topic, "x")));
    }
    return { words, broker };
  };

  const cases = [
    {
      codes: [0],
      headline: "an accepted publish is not told as one",
      expected: "0 Success",
      why: "reason code 0 is success, and a PUBACK without a reason code means the same",
    },
    {
      codes: [16],
      headline: "nobody receives the message, and nobody is told",
      expected: "16 No matching subscribers",
      why: "the publish succeeds all the same: the code is in the PUBACK, and not in what the promise gives you",
    },
    {
      codes: [135, 151],
      headline: "a refusal is not told as what it is",
      expected: "135 Not authorized, 151 Quota exceeded",
      why: "a code of 128 or more is a refusal; the library throws it, with the code in the error",
    },
  ];
  check("reportPublish", "tells what the broker says", async (desk) => {
    for (const { codes, expected, headline, why } of cases) {
      const { words, broker } = await publishEach(desk, codes);
      if (words.join(", ") === expected) continue;
      throw new Wrong({ headline, expected, got: words.join(", "), why, wire: broker.frames() });
    }
  });

  check("reportPublish", "keeps two publishes apart that are under way at once", async (desk) => {
    const { reportPublish } = await answers();
    const waiting: number[] = [];
    const broker = await playBroker(desk, {
      publish: ({ messageId = 0 }, line) => {
        waiting.push(messageId);
        const [first, second] = waiting;
        if (first === undefined || second === undefined) return;
        line.send(
          { cmd: "puback", messageId: second, reasonCode: 16 },
          { cmd: "puback", messageId: first, reasonCode: 0 },
        );
      },
    });
    const client = await broker.client("asker");
    const topic = prefixed(desk.name("reasons"));
    const words = await settles("reportPublish", () =>
      Promise.all(["first", "second"].map((payload) => reportPublish(client, topic, payload))),
    );
    const expected = ["0 Success", "16 No matching subscribers"];
    if (words.join() === expected.join()) return;
    throw new Wrong({
      headline: "one publish is told with the answer to another",
      expected: expected.join(", and "),
      got: words.join(", and "),
      why: "PUBACKs come in any order; the packet identifier says whose each is [MQTT-2.2.1-5]",
      wire: broker.frames(),
    });
  });

  check("reportPublish", "leaves no listener behind", async (desk) => {
    const { reportPublish } = await answers();
    const broker = await playBroker(desk, {});
    const client = await broker.client("asker");
    const listeners = () =>
      client.eventNames().reduce((sum, name) => sum + client.listenerCount(name), 0);
    const topic = prefixed(desk.name("reasons"));
    await settles("reportPublish", () => reportPublish(client, topic, "once"));
    const before = listeners();
    for (const payload of ["twice", "again"]) {
      await settles("reportPublish", () => reportPublish(client, topic, payload));
    }
    if (listeners() <= before) return;
    throw new Wrong({
      headline: "with each publish a listener more stays on the client",
      expected: `${before} listeners, as before`,
      got: `${listeners()} after two more publishes`,
      why: "each is called for every packet from then on; after a day of publishing there are thousands",
    });
  });
});

describe("reportSubscribe", () => {
  const subscribe = async (desk: Desk, granted: readonly number[]) => {
    const { reportSubscribe } = await answers();
    const broker = await playBroker(desk, {
      subscribe: ({ messageId = 0 }, line) =>
        line.send({ cmd: "suback", messageId, granted: [...granted] }),
    });
    const client = await broker.client("asker");
    const filters = granted.map((_code, index) => prefixed(`${desk.name("filter")}/${index}`));
    const words: unknown = await settles("reportSubscribe", () => reportSubscribe(client, filters));
    return { words, broker, filters };
  };
  const told = (words: unknown) =>
    Array.isArray(words) ? words.map(tell).join(", ") : tell(words);

  check("reportSubscribe", "asks for all filters at once, with QoS 1", async (desk) => {
    const { filters, broker } = await subscribe(desk, [1, 1]);
    const wire = broker.frames().filter(({ type }) => type === "subscribe");
    const asked = wire.map(({ packet }) =>
      packet?.cmd === "subscribe"
        ? packet.subscriptions.map(({ topic, qos }) => `${topic} QoS ${qos}`).join(", ")
        : "",
    );
    const expected = filters.map((filter) => `${filter} QoS 1`).join(", ");
    if (asked.length === 1 && asked[0] === expected) return;
    throw new Wrong({
      headline: "something else is asked for than the caller wants",
      expected: `→ SUBSCRIBE ${expected}`,
      got: asked.map((filters) => `→ SUBSCRIBE ${filters}`).join("\n") || "no SUBSCRIBE",
      why: "a SUBSCRIBE takes many filters, each with the QoS that is asked for it [MQTT-3.8.3-2]; the answer has a code for each",
      wire,
    });
  });

  check("reportSubscribe", "tells what was granted, filter by filter", async (desk) => {
    const { words, broker } = await subscribe(desk, [1, 0]);
    const expected = ["granted QoS 1", "granted QoS 0"];
    if (Array.isArray(words) && words.join("\n") === expected.join("\n")) return;
    throw new Wrong({
      headline: "what was granted is told wrong",
      expected: expected.map(tell).join(", "),
      got: told(words),
      why: "a broker may grant less than you asked for; what counts is the SUBACK [MQTT-3.8.4-7]",
      wire: broker.frames(),
    });
  });

  check("reportSubscribe", "tells one that is refused among granted ones", async (desk) => {
    const { words, broker } = await subscribe(desk, [1, 135, 1]);
    const expected = ["granted QoS 1", "refused: 135 Not authorized", "granted QoS 1"];
    if (Array.isArray(words) && words.join("\n") === expected.join("\n")) return;
    throw new Wrong({
      headline: "a refusal among granted filters is told wrong",
      expected: expected.map(tell).join(", "),
      got: told(words),
      why: "one refused filter fails the whole call; the granted ones are live all the same, and the codes are in the error's SUBACK",
      wire: broker.frames(),
    });
  });
});

describe("reportDisconnect", () => {
  /** What the answer says of a connection that ends like this. */
  const ending = async (desk: Desk, end: (line: ScriptedLine) => void) => {
    const { reportDisconnect } = await answers();
    const broker = await playBroker(desk, { publish: (_packet, line) => end(line) });
    const client = await broker.client("client");
    const reported: Promise<unknown> = settles("reportDisconnect", () => reportDisconnect(client));
    reported.catch(() => {});
    client.publish(prefixed(desk.name("trigger")), "x");
    return { words: await reported, wire: broker.frames() };
  };

  check("reportDisconnect", "tells the code and the reason that the broker gives", async (desk) => {
    const reasonString = `back at ${1 + Math.floor(desk.random() * 12)}`;
    const { words, wire } = await ending(desk, (line) => {
      line.send({ cmd: "disconnect", reasonCode: 139, properties: { reasonString } });
      line.close();
    });
    const expected = `139 Server shutting down: ${reasonString}`;
    if (words === expected) return;
    throw new Wrong({
      headline: "the broker says why it hangs up, and the report says something else",
      expected: tell(expected),
      got: tell(words),
      why: "the DISCONNECT carries a reason code and, if the broker likes, a text in its properties",
      wire,
    });
  });

  check("reportDisconnect", "tells the code alone where there is no text", async (desk) => {
    const { words, wire } = await ending(desk, (line) => {
      line.send({ cmd: "disconnect", reasonCode: 142 });
      line.close();
    });
    if (words === "142 Session taken over") return;
    throw new Wrong({
      headline: "a DISCONNECT without a text is told wrong",
      expected: '"142 Session taken over"',
      got: tell(words),
      why: "most brokers send the reason code and no text",
      wire,
    });
  });

  check("reportDisconnect", "tells a line that closes without a word", async (desk) => {
    const { words, wire } = await ending(desk, (line) => line.close());
    if (words === "closed without a DISCONNECT") return;
    throw new Wrong({
      headline: "a line that closes without a DISCONNECT is told wrong",
      expected: '"closed without a DISCONNECT"',
      got: tell(words),
      why: "no DISCONNECT comes when a cable is cut, and some brokers never send one",
      wire,
    });
  });
});

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
    const subscribe = async () => {
      const filter = prefixed(`${desk.name("floor")}/#`);
      await settles("subscribeAsBridge", () => subscribeAsBridge(bridge, filter));
      await flush(desk, bridge);
    };
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

  check("subscribeAsBridge", "resolves when the subscription is confirmed", async (desk) => {
    const { subscribeAsBridge } = await answers();
    const bridge = await desk.client("bridge");
    await waitsForSuback(desk, "subscribeAsBridge", () =>
      subscribeAsBridge(bridge, prefixed(`${desk.name("floor")}/#`)),
    );
  });

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
    // Once a copy is out it is kept, too: some brokers acknowledge a message before they publish it.
    const published = new Promise((resolve) => other.once("message", resolve));
    await other.subscribeAsync(topic, { qos: 1 });
    await other.publishAsync(topic, "kept", { qos: 1, retain: true });
    await within(published, () => brokerGone("it did not deliver the check's own message"));
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
  /** The answer on a scripted broker, with three filters. */
  const route = async (desk: Desk, script: Script = {}) => {
    const { routeByFilter } = await answers();
    const broker = await playBroker(desk, script);
    const client = await broker.client("router");
    const under = (rest: string) => prefixed(`${desk.name("house")}/${rest}`);
    const filters = ["a/#", "b/#", "+/c"].map(under);
    const calls: string[] = [];
    await settles("routeByFilter", () =>
      routeByFilter(client, filters, (filter, payload) => calls.push(`${filter}: ${payload}`)),
    );
    // The subscriptions are behind us, also of an answer that does not wait for them.
    await client.unsubscribeAsync("none");
    const identifiers = broker.frames(sent("subscribe")).flatMap(({ packet }) => {
      if (packet?.cmd !== "subscribe") return [];
      const identifier = packet.properties?.subscriptionIdentifier ?? 0;
      return packet.subscriptions.map(({ topic }) => [topic, identifier] as const);
    });
    const identifierOf = new Map(identifiers);
    const ids = filters.map((filter) => identifierOf.get(filter) ?? 0);
    return { client, broker, filters, ids, under, calls };
  };

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

  check("routeByFilter", "resolves when the subscriptions are confirmed", async (desk) => {
    const { routeByFilter } = await answers();
    const client = await desk.client("router");
    const filters = ["hall/#", "roof/#"].map((filter) =>
      prefixed(`${desk.name("house")}/${filter}`),
    );
    await waitsForSuback(desk, "routeByFilter", () => routeByFilter(client, filters, () => {}));
  });

  check("routeByFilter", "tells the filter that matched, and the payload", async (desk) => {
    const { routeByFilter } = await answers();
    const client = await desk.client("router");
    const [house, garden] = ["house", "garden"].map((name) => prefixed(desk.name(name)));
    const filters = [`${house}/#`, `${garden}/+`];
    const calls: unknown[][] = [];
    let tellLast: () => void = () => {};
    const last = new Promise<void>((resolve) => {
      tellLast = resolve;
    });
    await settles("routeByFilter", () =>
      routeByFilter(client, filters, (filter, payload) => {
        calls.push([filter, payload]);
        if (calls.length === 3) tellLast();
      }),
    );
    await flush(desk, client);
    const helper = await desk.helper("sensor");
    const messages = [`${garden}/rain`, `${house}/hall/co2`, `${garden}/wind`];
    for (const [index, topic] of messages.entries()) {
      await helper.publishAsync(topic, `${index}`, { qos: 1 });
    }
    const matched = [filters[1], filters[0], filters[1]];
    const expected = matched.map((filter, index) => JSON.stringify([filter, `${index}`]));
    const got = () => calls.map((call) => JSON.stringify(call));
    const explain = () =>
      new Wrong({
        headline: "a message is not told under its filter",
        expected: expected.join("\n             "),
        got: got().join("\n             ") || "no call",
        why: "each message carries the identifier of the subscription that it comes for [MQTT-3.3.4-3]",
        wire: desk.frames((frame) => frame.type === "subscribe" || frame.type === "publish"),
      });
    await within(last, explain);
    if (got().join() !== expected.join()) throw explain();
  });

  check("routeByFilter", "tells every filter that matched", async (desk) => {
    let identifiers: number[] = [];
    const { client, filters, ids, under, broker, calls } = await route(desk, {
      publish: ({ topic, messageId = 0 }, line) =>
        line.send(delivery(topic, "smoke", { subscriptionIdentifier: identifiers }), {
          cmd: "puback",
          messageId,
        }),
    });
    const matched = [0, 2];
    identifiers = matched.map((index) => ids[index] ?? 0);
    await client.publishAsync(under("a/c"), "smoke", { qos: 1 });
    const expected = matched.map((index) => `${filters[index]}: smoke`);
    if (calls.sort().join() === expected.sort().join()) return;
    throw new Wrong({
      headline: "of two filters that matched not both are told, once each",
      expected: expected.join("\n             "),
      got: calls.join("\n             ") || "no call",
      why: "one copy may carry several identifiers: then the property is an array [MQTT-3.3.4-4]",
      wire: broker.frames((frame) => frame.type === "publish"),
    });
  });

  check("routeByFilter", "leaves alone what carries no identifier", async (desk) => {
    const { client, broker, calls } = await route(desk, {
      publish: ({ topic, messageId = 0 }, line) =>
        line.send(delivery(topic, "not yours"), { cmd: "puback", messageId }),
    });
    await client.publishAsync(prefixed(desk.name("elsewhere")), "not yours", { qos: 1 });
    if (calls.length === 0) return;
    throw new Wrong({
      headline: "a message is told that came for another subscription",
      expected: "no call",
      got: calls.join("\n             "),
      why: "the same client may have subscriptions without an identifier, made elsewhere",
      wire: broker.frames((frame) => frame.type === "publish"),
    });
  });

  check("routeByFilter", "is ready for what comes with the SUBACK", async (desk) => {
    const script: Script = {
      subscribe: ({ messageId = 0, subscriptions, properties }, line) => {
        const identifier = properties?.subscriptionIdentifier;
        const granted = subscriptions.map(({ qos }) => qos);
        const kept = subscriptions.map(({ topic }) =>
          delivery(topic.replace("#", "x").replace("+", "z"), "kept", {
            ...(identifier && { subscriptionIdentifier: identifier }),
          }),
        );
        line.send({ cmd: "suback", messageId, granted }, ...kept);
      },
    };
    const { filters, broker, calls } = await route(desk, script);
    const expected = filters.map((filter) => `${filter}: kept`);
    if (calls.sort().join() === expected.sort().join()) return;
    throw new Wrong({
      headline: "what comes right behind the SUBACK is missed",
      expected: expected.join("\n             "),
      got: calls.join("\n             ") || "no call",
      why: "a broker sends what it keeps together with the SUBACK: listen before you subscribe",
      wire: broker.frames((frame) => frame.type === "suback" || frame.type === "publish"),
    });
  });
});

function tell(words: unknown): string {
  return JSON.stringify(words) ?? String(words);
}

/** The broker has dealt with all that this client has sent. */
async function flush(desk: Desk, client: MqttClient): Promise<void> {
  await within(client.publishAsync(prefixed(desk.name("flush")), "", { qos: 1 }), () =>
    brokerGone("no PUBACK"),
  );
}

function silent(desk: Desk): Wrong {
  return new Wrong({
    headline: "the bridge hears nothing",
    expected: "what others publish under the filter",
    got: "no message",
    why: "a subscription has to be confirmed when your promise resolves",
    wire: desk.frames(),
  });
}
