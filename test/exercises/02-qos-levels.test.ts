import type { MqttClient } from "mqtt";
import { loadAnswers } from "../../workbook/checks/harness/answers.ts";
import { check, describe } from "../../workbook/checks/harness/check.ts";
import { clientsFromHere } from "../../workbook/checks/harness/clients.ts";
import { settles, within } from "../../workbook/checks/harness/deadline.ts";
import { brokerGone, type Desk, received, sent } from "../../workbook/checks/harness/desk.ts";
import { callWhileHeld } from "../../workbook/checks/harness/held.ts";
import { Inbox } from "../../workbook/checks/harness/inbox.ts";
import { stillThere } from "../../workbook/checks/harness/left-open.ts";
import { foreignName, notYourOwn, usePrefix } from "../../workbook/checks/harness/own-names.ts";
import { Wrong } from "../../workbook/checks/harness/wrong.ts";
import { prefixed } from "../../workbook/telemetry.ts";
import type { Frame } from "../../workbook/wire/transcript.ts";
import {
  arrowOf,
  arrowOfReturned,
  completeFlows,
  flowsOf,
  flush,
  publishedFrames,
  publishOf,
  withoutIds,
} from "./qos-flows.ts";

type Answers = typeof import("../../solutions/02-qos-levels.ts");
const answers = () => loadAnswers<Answers>();

type Level = 0 | 1 | 2;
const levels = [0, 1, 2] as const;

/** How late the tap hands on an acknowledgement, where a check looks at times, in milliseconds. */
const LAG = 60;
/** How much a clock that counts whole milliseconds may be off, at both ends of a measurement. */
const ROUNDING = 2;
/** For clients whose session and messages outlive a line that is cut. */
const persistent = {
  clean: false,
  reconnectPeriod: 20,
  properties: { sessionExpiryInterval: 60 },
} as const;

for (const level of levels) {
  const name = `demonstrateQos${level}` as const;
  const statement = ["[MQTT-4.3.1-1]", "[MQTT-4.3.2-2]", "[MQTT-4.3.3-2]"][level];
  const demonstrate = async (desk: Desk, client: MqttClient) => {
    const demonstrateQos = (await answers())[name];
    const topic = topicOf(desk);
    const payload = textOf(desk);
    const call = () => demonstrateQos(client, topic, payload);
    return { topic, payload, call };
  };

  describe(name, () => {
    check(name, `sends its message once, with QoS ${level}`, async (desk) => {
      const client = await desk.client("sensor");
      const { topic, payload, call } = await demonstrate(desk, client);
      await settles(name, call);
      await flush(desk, client);
      const published = publishedFrames(desk);
      const wire = flowsOf(desk, published);
      const [first] = published.map(publishOf);
      if (published.length !== 1 || first === undefined) {
        throw new Wrong({
          headline: `your message went out ${published.length} times`,
          expected: completeFlows[level].join("  "),
          got: withoutIds(wire.map(arrowOf)) || "no PUBLISH",
          why: "a second PUBLISH is a second message, and its receivers cannot tell",
          wire,
        });
      }
      if (first.qos !== level) {
        throw new Wrong({
          headline: `your message went out with QoS ${first.qos}`,
          expected: completeFlows[level].join("  "),
          got: withoutIds(wire.map(arrowOf)),
          why: `the publisher chooses the level with each PUBLISH ${statement}`,
          wire,
        });
      }
      if (first.topic === topic && String(first.payload) === payload && !first.retain) return;
      throw new Wrong({
        headline: "another message went out than the one you were given",
        expected: `${topic}: ${payload}`,
        got: `${first.topic}: ${String(first.payload)}${first.retain ? ", retained" : ""}`,
        why: "the level says how a message travels, it changes nothing about the message",
        wire,
      });
    });

    if (level !== 0) {
      check(name, "resolves only when the broker has said that it is over", async (desk) => {
        const client = await desk.client("sensor");
        const { call } = await demonstrate(desk, client);
        const held = await callWhileHeld(desk, isLastAnswer, `PUBLISH with QoS ${level}`, call);
        if (!held.early) {
          held.release();
          await settles(name, () => held.result);
          return;
        }
        throw new Wrong({
          headline: `${name} resolves before it is over`,
          expected: `${completeFlows[level].join("  ")}, and only then it resolves`,
          got: "it resolved while the last of them was still on its way, or without asking for it",
          why: "until the last answer the message may still have to be sent again [MQTT-4.4.0-1]",
          wire: flowsOf(desk, publishedFrames(desk)),
        });
      });
    }

    check(name, "returns the packets of its message, and no others", async (desk) => {
      const client = await desk.client("sensor");
      const { call } = await demonstrate(desk, client);
      const flow = await settles(
        name,
        level === 0 ? call : () => besideAnother(desk, client, call),
      );
      const returned = packetsOf(flow).map(arrowOfReturned).join("  ");
      const line = desk.frames(({ type }) => type !== "connect" && type !== "connack");
      await flush(desk, client);
      const crossed = flowsOf(desk, publishedFrames(desk)).map(arrowOf).join("  ");
      if (returned === crossed) return;
      throw new Wrong({
        headline: "the flow that you return is not what the wire shows",
        expected: crossed,
        got: returned || "no packets",
        why:
          level === 0
            ? "the packet leaves while you publish: listen before that; and nobody answers it [MQTT-4.3.1-1]"
            : "one packet identifier ties the packets of a message together; what the client receives from others is another flow [MQTT-2.2.1-5]",
        wire: line,
      });
    });

    check(name, "tells how long that took", async (desk) => {
      const client = await desk.client("sensor");
      const { call } = await demonstrate(desk, client);
      const lags = slowAcknowledgements(desk, level);
      const begun = performance.now();
      const flow = await settles(name, call);
      const elapsed = performance.now() - begun;
      // Who returns before it is over fails elsewhere: here only the clock counts.
      const least = Math.min(lags, elapsed) - ROUNDING;
      const { ms } = flow ?? {};
      if (typeof ms === "number" && ms >= Math.max(0, least) && ms <= elapsed + ROUNDING) return;
      throw new Wrong({
        headline: "the time that you return is not the time that it took",
        expected: `from ${Math.max(0, least).toFixed(1)} to ${elapsed.toFixed(1)} ms`,
        got: `${String(ms)}`,
        why:
          level === 0
            ? "count milliseconds from the call on"
            : `count milliseconds, from the call to the end: the tap held up each acknowledgement for ${LAG} ms`,
        wire: flowsOf(desk, publishedFrames(desk)),
      });
    });

    check(name, "stops listening when it is done", async (desk) => {
      const client = await desk.client("sensor");
      const { call } = await demonstrate(desk, client);
      const before = listenersOf(client);
      const flow = await settles(name, call);
      const length = packetsOf(flow).length;
      await settles(name, call);
      const grown = packetsOf(flow).length - length;
      const left = listenersOf(client) - before;
      if (grown === 0 && left <= 0) return;
      throw new Wrong({
        headline: `${name} goes on listening after it is done`,
        expected: "as many listeners as before, and a flow that stays as it is",
        got: `${left} listeners more after two calls, ${grown} packets more in the first flow`,
        why: "whoever calls it a thousand times has thousands of listeners, and each hears every packet",
      });
    });
  });
}

describe("compareQosLevels", () => {
  check("compareQosLevels", "publishes the same message once at each level", async (desk) => {
    const { topic, payload, published } = await compare(desk, "21.5 °C");
    const sentLevels = published.map((frame) => publishOf(frame)?.qos).sort();
    const same = published
      .map(publishOf)
      .every((packet) => packet?.topic === topic && String(packet.payload) === payload);
    if (sentLevels.join() === "0,1,2" && same) return;
    throw new Wrong({
      headline: same
        ? "not every level was tried once"
        : "the levels were tried with different messages",
      expected: `${topic}: ${payload}, once with QoS 0, 1 and 2`,
      got: published.map(describePublish).join("\n             ") || "no PUBLISH",
      why: "only the same message at every level shows what the level costs",
      wire: published,
    });
  });

  check("compareQosLevels", "counts the packets in both directions", async (desk) => {
    const { costs, wireOf } = await compare(desk, "21.5 °C");
    for (const level of levels) {
      const wire = wireOf(level);
      const got = costOf(costs, level).packets;
      if (got === wire.length) continue;
      throw new Wrong({
        headline: `the packets of QoS ${level} are not what the wire shows`,
        expected: `${wire.length}: ${withoutIds(wire.map(arrowOf))}`,
        got: String(got),
        why: "the broker's answers are part of the price",
        wire,
      });
    }
  });

  // Long enough for a length of two bytes, and not a byte for each character.
  check("compareQosLevels", "counts the bytes that the tap counts", async (desk) => {
    const { costs, wireOf } = await compare(desk, "21.5 °C, ".repeat(20));
    for (const level of levels) {
      const wire = wireOf(level);
      const expected = wire.reduce((sum, { size }) => sum + size, 0);
      const got = costOf(costs, level).bytes;
      if (got === expected) continue;
      throw new Wrong({
        headline: `the bytes of QoS ${level} are not what the tap counted`,
        expected: `${expected}: ${wire.map((frame) => `${arrowOf(frame)} ${frame.size} B`).join("  ")}`,
        got: String(got),
        why: "headers, the packet identifier, MQTT 5's properties and the answers count too, and a character may take several bytes",
        wire,
      });
    }
  });

  check("compareQosLevels", "times each level by itself", async (desk) => {
    const lags = [0, ...slowLevels.map((level) => slowAcknowledgements(desk, level))];
    const { costs, elapsed } = await compare(desk, "21.5 °C");
    const times = levels.map((level) => costOf(costs, level).ms);
    const sum = times.reduce((total, ms) => total + ms, 0);
    const plausible = times.every((ms, level) => ms >= Math.max(0, (lags[level] ?? 0) - ROUNDING));
    if (plausible && sum <= elapsed + 3 * ROUNDING) return;
    throw new Wrong({
      headline: "the times of the levels do not fit",
      expected: `at least ${lags.join(", ")} ms, and together no more than ${elapsed.toFixed(0)}`,
      got: times.map((ms) => `${typeof ms === "number" ? ms.toFixed(1) : ms}`).join(", "),
      why: `one level after the other, and each from its own beginning; the tap held up each acknowledgement for ${LAG} ms`,
    });
  });

  const slowLevels = [1, 2] as const;

  const compare = async (desk: Desk, payload: string) => {
    const { compareQosLevels } = await answers();
    const client = await desk.client("sensor");
    const topic = topicOf(desk);
    const begun = performance.now();
    const costs = await settles("compareQosLevels", () => compareQosLevels(client, topic, payload));
    const elapsed = performance.now() - begun;
    await flush(desk, client);
    const published = publishedFrames(desk);
    const wireOf = (level: Level) =>
      flowsOf(
        desk,
        published.filter((frame) => publishOf(frame)?.qos === level),
      );
    return { topic, payload, costs, elapsed, published, wireOf };
  };

  const costOf = (costs: Awaited<ReturnType<Answers["compareQosLevels"]>>, level: Level) => {
    const cost = Array.isArray(costs) ? costs.find((each) => each?.qos === level) : undefined;
    if (cost !== undefined) return cost;
    throw new Wrong({
      headline: `there is no cost for QoS ${level}`,
      expected: "an array of three objects with qos, packets, bytes and ms",
      got: JSON.stringify(costs) ?? "nothing",
      why: "who compares wants to see all three",
    });
  };
});

describe("handleOnce", () => {
  check("handleOnce", "handles a message once that its publisher sent twice", async (desk) => {
    const { inbox, topic, consumer } = await handling(desk);
    const publisher = await desk.client("publisher", persistent);
    publisher.on("error", () => {});
    const publisherId = desk.id("publisher");
    const text = textOf(desk);
    desk.faults.arm({ do: "cut", when: "before" }, received("puback", publisherId));
    const again = desk.faults.arm({ do: "hold" }, sent("connect", publisherId));
    desk.atEnd(() => again.release());
    const acknowledged = publish(publisher, topic, text, desk.name("id-1"));
    acknowledged.catch(() => {});
    await within(again.met, () => brokerGone("the line was not cut"));
    // Another one comes in between: to remember only the last is not enough.
    const helper = await desk.helper("helper");
    await publish(helper, topic, "between", desk.name("id-2"));
    again.release();
    await within(acknowledged, () => brokerGone("no PUBACK after the line was cut"));
    await delivered(desk, consumer, text, 2);
    await publish(publisher, topic, "last", desk.name("id-3"));
    await handled(inbox, "last", desk);
    const why =
      "the second copy is a new packet: another packet identifier, no DUP; only the id is the same";
    onceOnly(desk, inbox, text, why);
  });

  check("handleOnce", "handles a message once whose acknowledgement was lost", async (desk) => {
    const { inbox, topic, consumer } = await handling(desk);
    const helper = await desk.helper("publisher");
    const text = textOf(desk);
    const cut = desk.faults.arm({ do: "cut", when: "before" }, sent("puback", consumer));
    await publish(helper, topic, text, desk.name("id-1"));
    await within(cut.met, () => brokerGone("the message was not acknowledged"));
    await delivered(desk, consumer, text, 2);
    await publish(helper, topic, "last", desk.name("id-2"));
    await handled(inbox, "last", desk);
    const why =
      "the broker sends again what it saw no PUBACK for, on the next connection [MQTT-4.4.0-1]: what you remember must outlive the line";
    onceOnly(desk, inbox, text, why);
  });

  check("handleOnce", "takes two messages that say the same for two", async (desk) => {
    const { inbox, topic, consumer } = await handling(desk);
    const helper = await desk.helper("publisher");
    const text = textOf(desk);
    await publish(helper, topic, text, desk.name("id-1"));
    await publish(helper, topic, text, desk.name("id-2"));
    await delivered(desk, consumer, text, 2);
    await publish(helper, topic, "last", desk.name("id-3"));
    await handled(inbox, "last", desk);
    const times = timesOf(inbox, text);
    if (times === 2) return;
    throw new Wrong({
      headline: `two messages with the same payload were handled ${times} times`,
      expected: "2 calls: their ids differ",
      got: `${times} calls`,
      why: "a door that opens twice says the same twice; only the id tells a copy from a second message",
      wire: desk.frames(received("publish")),
    });
  });

  check("handleOnce", "handles a message that it sees first with DUP set", async (desk) => {
    const { inbox, topic, consumer } = await handling(desk);
    const helper = await desk.helper("publisher");
    const text = textOf(desk);
    desk.faults.arm({ do: "cut", when: "before" }, received("publish", consumer));
    await publish(helper, topic, text, desk.name("id-1"));
    await handled(
      inbox,
      text,
      desk,
      "DUP says that the broker sent it before, not that you got it",
    );
  });

  check("handleOnce", "handles every message that has no id", async (desk) => {
    const { inbox, topic, consumer } = await handling(desk);
    const helper = await desk.helper("publisher");
    for (const text of ["one", "two"]) {
      await helper.publishAsync(topic, text, { qos: 1 });
      await delivered(desk, consumer, text);
    }
    await publish(helper, topic, "last", desk.name("id-1"));
    await handled(inbox, "last", desk);
    const missing = ["one", "two"].filter((text) => timesOf(inbox, text) !== 1);
    if (missing.length === 0) return;
    throw new Wrong({
      headline: "a message without an id was not handled",
      expected: inboxLine(["one", "two", "last"]),
      got: inboxLine(inbox.values),
      why: "not every publisher gives ids; what you cannot recognise may be new",
      wire: desk.frames(received("publish")),
    });
  });

  /** The learner's consumer, connected and subscribed. */
  const handling = async (desk: Desk) => {
    const { handleOnce } = await answers();
    const inbox = new Inbox();
    const topic = topicOf(desk);
    const client = await desk.client("consumer", persistent);
    client.on("error", () => {});
    await settles("handleOnce", () =>
      handleOnce(client, (on, payload) => inbox.take(on, String(payload))),
    );
    await client.subscribeAsync(topic, { qos: 1 });
    return { inbox, topic, consumer: desk.id("consumer") };
  };

  const publish = (client: MqttClient, topic: string, text: string, id: string) =>
    client.publishAsync(topic, text, {
      qos: 1,
      properties: { userProperties: { "message-id": id } },
    });

  /** So many copies have crossed the tap: what is published now comes to the client after them. */
  const delivered = (desk: Desk, consumer: string, text: string, copies = 1) => {
    const isCopy = (frame: Frame) =>
      received("publish", consumer)(frame) && payloadOf(frame) === text;
    return desk.sees(
      () => desk.frames(isCopy).length >= copies,
      () => brokerGone(`it delivered ${desk.frames(isCopy).length} copies, not ${copies}`),
    );
  };

  const handled = (inbox: Inbox, text: string, desk: Desk, why?: string) =>
    inbox.matching(
      (value) => value === text,
      () =>
        new Wrong({
          headline: "a message never reached the handler",
          expected: `handler(topic, "${text}")`,
          got: inboxLine(inbox.values),
          why: why ?? "it has an id of its own, and had not come before",
          wire: desk.frames(received("publish")),
        }),
    );

  const onceOnly = (desk: Desk, inbox: Inbox, text: string, why: string) => {
    const times = timesOf(inbox, text);
    if (times === 1) return;
    throw new Wrong({
      headline: `one message was handled ${times} times`,
      expected: "1 call: both copies carry the same id",
      got: `${times} calls`,
      why,
      wire: desk.frames((frame) => frame.type === "publish" || frame.type === "puback"),
    });
  };
});

describe("receiveWhileOffline", () => {
  check("receiveWhileOffline", "loses nothing published while it was away", async (desk) => {
    const { inbox, topic, come } = await traveller(desk);
    await (await settles("receiveWhileOffline", come)).endAsync();
    const texts = Array.from({ length: 30 }, (_, number) => `message ${number}`);
    await publishAll(desk, topic, texts);
    await settles("receiveWhileOffline", () => comeUnhurried(desk, come));
    await publishAll(desk, topic, ["now"]);
    await allArrive(desk, [...texts, "now"], inbox);
  });

  check("receiveWhileOffline", "loses nothing that comes with the CONNACK", async (desk) => {
    const { inbox, topic, come, clientId } = await traveller(desk);
    const texts = Array.from({ length: 5 }, (_, number) => `message ${number}`);
    await beAway(desk, topic);
    await publishAll(desk, topic, texts);

    const held = desk.faults.arm({ do: "hold" }, received("connack", clientId));
    desk.atEnd(() => held.release());
    const back = (async () => come())();
    // All of it in one piece, as a broker close by sends it.
    const waiting = desk.sees(
      (entry) => entry.kind === "frame" && payloadOf(entry) === texts.at(-1),
      () => lost(desk, texts, inbox),
    );
    await Promise.race([waiting, back]);
    held.release();
    await settles("receiveWhileOffline", () => back);
    await allArrive(desk, texts, inbox);
  });

  check("receiveWhileOffline", "asks the broker to keep the session for an hour", async (desk) => {
    const { come } = await traveller(desk);
    await settles("receiveWhileOffline", come);
    const [frame] = desk.frames(sent("connect"));
    const connect = frame?.packet?.cmd === "connect" ? frame.packet : undefined;
    const expiry = connect?.properties?.sessionExpiryInterval;
    if (frame === undefined || expiry === 3600) return;
    throw new Wrong({
      headline: "the broker is not asked to keep the session for an hour",
      expected: "→ CONNECT with a Session Expiry Interval of 3600",
      got: `→ CONNECT (MQTT ${connect?.protocolVersion === 5 ? "5" : "3.1.1"}) with ${expiry ?? "none"}`,
      why: "the interval counts seconds; MQTT 3.1.1 has none, and a session without an end fills the broker",
      wire: [frame],
    });
  });

  check("receiveWhileOffline", "resolves only when the broker has confirmed", async (desk) => {
    const { come } = await traveller(desk);
    const held = await callWhileHeld(desk, received("suback"), "SUBSCRIBE", come);
    if (!held.early) {
      held.release();
      await settles("receiveWhileOffline", () => held.result);
      return;
    }
    throw new Wrong({
      headline: "receiveWhileOffline resolves too early",
      expected: "it resolves after ← SUBACK",
      got: "it resolved while the SUBACK was still on its way",
      why: "who leaves before the broker has subscribed him finds nothing when he comes back [MQTT-3.8.4-1]",
      wire: desk.frames(),
    });
  });

  /** The learner's function, ready to be called again and again under one client id. */
  const traveller = async (desk: Desk) => {
    const { receiveWhileOffline } = await answers();
    const inbox = new Inbox();
    const topic = topicOf(desk);
    const clientId = desk.id("phone");
    // The broker shall forget the session when the check is over.
    desk.atEnd(async () => void (await desk.helper("phone").catch(() => {})));
    clientsFromHere(desk);
    const come = async () => {
      const client = await receiveWhileOffline(desk.brokerUrl, clientId, topic, (on, payload) =>
        inbox.take(on, String(payload)),
      );
      desk.endLater(client);
      return client;
    };
    return { inbox, topic, come, clientId };
  };

  /** A session as the function is to make it, whose client has gone. */
  const beAway = async (desk: Desk, topic: string) => {
    const phone = await desk.helper("phone", {
      clean: false,
      properties: { sessionExpiryInterval: 3600 },
    });
    await phone.subscribeAsync(topic, { qos: 1 });
    await phone.endAsync();
  };

  /** What waited is let through only when the function has had time for all its steps. */
  const comeUnhurried = async (desk: Desk, come: () => Promise<MqttClient>) => {
    const subscribes = () => desk.frames(sent("subscribe")).length;
    const before = subscribes();
    const first = desk.faults.arm({ do: "hold" }, received("publish"));
    desk.atEnd(() => first.release());
    const back = come();
    const again = desk.sees(
      (entry) => sent("subscribe")(entry) && subscribes() > before,
      () => new Error("no SUBSCRIBE"),
    );
    await Promise.race([again, back]).catch(() => {});
    first.release();
    return back;
  };

  const publishAll = async (desk: Desk, topic: string, texts: readonly string[]) => {
    const helper = await desk.helper("publisher");
    for (const text of texts) await helper.publishAsync(topic, text, { qos: 1 });
    await helper.endAsync();
  };

  // In any order: what comes now may overtake what waited.
  const allArrive = async (desk: Desk, texts: readonly string[], inbox: Inbox) => {
    for (const text of texts) {
      const isText = (value: unknown) => value === text;
      await inbox.matching(isText, () => lost(desk, texts, inbox));
    }
  };

  const lost = (desk: Desk, texts: readonly string[], inbox: Inbox) => {
    const missing = texts.filter((text) => !inbox.values.includes(text));
    const wire = desk.frames();
    const resumed = wire.some(({ packet }) => packet?.cmd === "connack" && packet.sessionPresent);
    const arrived = wire.some((frame) => missing.includes(payloadOf(frame) ?? ""));
    return new Wrong({
      headline: `${missing.length} of ${texts.length} messages never reached onMessage`,
      expected: inboxLine(texts),
      got: inboxLine(inbox.values),
      why: arrived
        ? "it came, but nobody listened yet: the session's messages follow right behind the CONNACK"
        : resumed
          ? "the broker keeps for a session what is published and subscribed with QoS 1 or 2"
          : "the broker knew no session: it needs the same client id, no clean start, and a Session Expiry Interval [MQTT-3.1.2-23]",
      wire,
    });
  };
});

describe("observeEffectiveQos", () => {
  check("observeEffectiveQos", "returns the level at which each message arrived", async (desk) => {
    const { matrix } = await observe(desk);
    const expected = levels.map((published) => levels.map((own) => Math.min(published, own)));
    if (JSON.stringify(matrix) === JSON.stringify(expected)) return;
    const rows = (value: unknown) =>
      Array.isArray(value)
        ? value.map((row) => JSON.stringify(row)).join("\n             ")
        : JSON.stringify(value);
    throw new Wrong({
      headline: "the matrix is not what arrives",
      expected: rows(expected),
      got: rows(matrix) ?? "nothing",
      why: "the message says in its own QoS how it came: the lower of both levels [MQTT-3.8.4-8]",
      wire: desk.frames(received("publish")),
    });
  });

  check("observeEffectiveQos", "measures it on the wire", async (desk) => {
    await observe(desk);
    const published = new Set(desk.frames(sent("publish")).map((frame) => publishOf(frame)?.qos));
    const subscribed = new Set(
      desk.frames(sent("subscribe")).flatMap(({ packet }) => {
        return packet?.cmd === "subscribe" ? packet.subscriptions.map(({ qos }) => qos) : [];
      }),
    );
    const arrived = desk.frames(received("publish")).length;
    if (published.size === 3 && subscribed.size === 3 && arrived >= 9) return;
    throw new Wrong({
      headline: "not every pair of levels was tried",
      expected: "3 levels published, 3 levels subscribed, 9 messages arrived",
      got: `${published.size} levels published, ${subscribed.size} subscribed, ${arrived} arrived`,
      why: "a table from a book is not a measurement: another broker may grant less",
      wire: desk.frames(({ type }) => type === "publish" || type === "subscribe"),
    });
  });

  check("observeEffectiveQos", "keeps to its own names on a shared broker", async (desk) => {
    await observe(desk);
    const foreign = foreignName(desk);
    if (foreign !== undefined) throw notYourOwn(desk, foreign);
  });

  check("observeEffectiveQos", "closes what it opened", async (desk) => {
    const { clients } = await observe(desk);
    const left = await stillThere(desk, clients);
    if (left === undefined) return;
    throw new Wrong({
      headline: "observeEffectiveQos leaves a connection open",
      expected: "every client has ended",
      got: left,
      why: "an open connection keeps the program from ending, and the broker serving it",
      wire: desk.frames(({ type }) => type === "connect" || type === "disconnect"),
    });
  });

  /** As on a broker that a class shares, where this learner has a prefix. */
  const observe = async (desk: Desk) => {
    const { observeEffectiveQos } = await answers();
    usePrefix(desk);
    const clients = clientsFromHere(desk);
    const matrix = await settles("observeEffectiveQos", () => observeEffectiveQos(desk.brokerUrl));
    return { matrix, clients };
  };
});

/** Call while the client's own PUBLISH is on its way, and another message reaches this client meanwhile. */
async function besideAnother<T>(
  desk: Desk,
  client: MqttClient,
  call: () => Promise<T>,
): Promise<T> {
  const other = prefixed(desk.name("other"));
  await client.subscribeAsync(other, { qos: 1 });
  const own = desk.faults.arm({ do: "hold" }, sent("publish"));
  desk.atEnd(() => own.release());
  const result = call();
  await Promise.race([own.met, result]);
  const helper = await desk.helper("other");
  await helper.publishAsync(other, "", { qos: 1 });
  await desk.sees(sent("puback"), () => brokerGone("it did not deliver a message"));
  own.release();
  return result;
}

/** The tap holds up each answer to a message of this level. Returns for how long altogether. */
function slowAcknowledgements(desk: Desk, level: Level): number {
  const types = ([[], ["puback"], ["pubrec", "pubcomp"]] as const)[level];
  for (const type of types) desk.faults.arm({ do: "delay", ms: LAG }, received(type));
  return types.length * LAG;
}

function isLastAnswer(frame: Frame): boolean {
  return received("puback")(frame) || received("pubcomp")(frame);
}

function packetsOf(flow: unknown): readonly unknown[] {
  const packets = (flow as { packets?: unknown } | undefined)?.packets;
  return Array.isArray(packets) ? packets : [];
}

function listenersOf(client: MqttClient): number {
  const events = ["packetsend", "packetreceive", "message"] as const;
  return events.reduce((sum, event) => sum + client.listenerCount(event), 0);
}

function payloadOf(frame: Frame): string | undefined {
  return publishOf(frame)?.payload.toString();
}

function describePublish(frame: Frame): string {
  const packet = publishOf(frame);
  return `QoS ${packet?.qos}, ${packet?.topic}: ${packet?.payload}`;
}

function timesOf(inbox: Inbox, text: string): number {
  return inbox.values.filter((value) => value === text).length;
}

function inboxLine(values: readonly unknown[]): string {
  if (values.length === 0) return "no call";
  const first = values.slice(0, 6).map((value) => `"${value}"`);
  const more = values.length - first.length;
  return first.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function topicOf(desk: Desk): string {
  return prefixed(desk.name("door"));
}

function textOf(desk: Desk): string {
  return `opened ${Math.floor(desk.random() * 1e9)}`;
}
