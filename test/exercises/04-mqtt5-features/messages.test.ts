import { randomBytes } from "node:crypto";
import type { IPublishPacket } from "mqtt";
import { loadAnswers } from "../../../workbook/checks/harness/answers.ts";
import { check, describe } from "../../../workbook/checks/harness/check.ts";
import { clientsFromHere } from "../../../workbook/checks/harness/clients.ts";
import { settles, within } from "../../../workbook/checks/harness/deadline.ts";
import { brokerGone, type Desk, received, sent } from "../../../workbook/checks/harness/desk.ts";
import { roundTrip, subscriptionConfirmed } from "../../../workbook/checks/harness/held.ts";
import { NotOnThisBroker } from "../../../workbook/checks/harness/not-on-this-broker.ts";
import { Wrong } from "../../../workbook/checks/harness/wrong.ts";
import { prefixed } from "../../../workbook/telemetry.ts";
import type { Entry, Frame } from "../../../workbook/wire/transcript.ts";
import { waitsForSuback } from "./confirmation.ts";

type Answers = typeof import("../../../solutions/04-mqtt5-features.ts");
const answers = () => loadAnswers<Answers>();

type Properties = NonNullable<IPublishPacket["properties"]>;

describe("forwardMessage", () => {
  let calls = 0;
  /** The PUBLISH with which the answer passes on a message that has come with these properties. */
  const forward = async (
    desk: Desk,
    properties: Properties | undefined,
    payload = Buffer.from("612"),
  ) => {
    const { forwardMessage } = await answers();
    const client = await desk.client(`gateway${++calls}`);
    const message: IPublishPacket = {
      cmd: "publish",
      topic: prefixed(desk.name("downstairs")),
      payload,
      qos: 1,
      retain: false,
      dup: false,
      messageId: 7,
      ...(properties && { properties }),
    };
    const topic = prefixed(`${desk.name("upstairs")}/${calls}`);
    const done = settles("forwardMessage", () => forwardMessage(client, message, topic, "stairs"));
    const forwarded = (entry: Entry) => publishOf(entry)?.topic === topic;
    const afterwards = done.then(async () => {
      // Behind all that the answer has sent.
      await client.publishAsync(prefixed(desk.name("behind")), "", { qos: 1 });
      const [frame] = desk.frames(forwarded);
      return frame ?? Promise.reject(wentNowhere(desk, topic));
    });
    const seen = desk.sees(forwarded, () => wentNowhere(desk, topic));
    seen.catch(() => {});
    const frame = await Promise.race([seen, afterwards]);
    afterwards.catch(() => {});
    const packet = publishOf(frame);
    if (packet === undefined) throw new Error("a PUBLISH that is none");
    return { packet, done, wire: desk.frames(sent("publish")) };
  };

  check("forwardMessage", "keeps the content type and every user property", async (desk) => {
    const room = [desk.name("kitchen"), desk.name("cellar")];
    const { packet, done, wire } = await forward(desk, {
      contentType: "application/json",
      userProperties: { room, unit: "ppm" },
    });
    const { contentType, userProperties = {} } = packet.properties ?? {};
    const got = [contentType, ...valuesOf(userProperties.room), ...valuesOf(userProperties.unit)];
    const expected = ["application/json", ...room, "ppm"];
    if (got.join() === expected.join()) return done;
    throw new Wrong({
      headline: "something that came with the message got lost",
      expected: `content type application/json, room ${room.join(" and ")}, unit ppm`,
      got: `content type ${contentType ?? "none"}, ${tell(userProperties)}`,
      why: "they say how to read the payload; a name may stand there more than once, and its order counts",
      wire,
    });
  });

  check("forwardMessage", "puts its own name behind those that are there", async (desk) => {
    const cases = [[], ["cellar"], ["cellar", "lift"]];
    for (const before of cases) {
      const userProperties = before.length > 0 ? { via: before } : { unit: "ppm" };
      const { packet, done, wire } = await forward(desk, {
        // As the decoder hands it over: one value is a text, several are an array.
        userProperties: before.length === 1 ? { via: before.join() } : userProperties,
      });
      const got = valuesOf(packet.properties?.userProperties?.via);
      const expected = [...before, "stairs"];
      if (got.join() === expected.join()) {
        await done;
        continue;
      }
      throw new Wrong({
        headline: `the way of a message that came through ${before.length} gateways is told wrong`,
        expected: `via ${expected.join(", via ")}`,
        got: got.length > 0 ? `via ${got.join(", via ")}` : "no via",
        why: "a user property may come as one text or as an array of them; yours is one more, the last",
        wire,
      });
    }
  });

  check("forwardMessage", "passes the payload on byte for byte", async (desk) => {
    // As text these bytes would become others.
    const payload = Buffer.concat([Buffer.from([0xff, 0x00, 0xc3]), randomBytes(5)]);
    const { packet, done, wire } = await forward(desk, { contentType: "image/png" }, payload);
    if (Buffer.from(packet.payload).equals(payload)) return done;
    throw new Wrong({
      headline: "the payload is not the one that came",
      expected: payload.toString("hex"),
      got: Buffer.from(packet.payload).toString("hex"),
      why: "a payload is bytes; who turns them into text and back changes what is no text",
      wire,
    });
  });

  check("forwardMessage", "takes a message without properties", async (desk) => {
    const { packet, done, wire } = await forward(desk, undefined);
    if (valuesOf(packet.properties?.userProperties?.via).join() === "stairs") return done;
    throw new Wrong({
      headline: "a message without properties goes on without yours",
      expected: "via stairs",
      got: tell(packet.properties?.userProperties ?? {}),
      why: "most messages have no properties: then there is no object to read them from",
      wire,
    });
  });

  check("forwardMessage", "leaves behind what belongs to the way it came on", async (desk) => {
    const { packet, done, wire } = await forward(desk, {
      userProperties: { unit: "ppm" },
      subscriptionIdentifier: 3,
      topicAlias: 2,
    });
    const { subscriptionIdentifier, topicAlias } = packet.properties ?? {};
    if (subscriptionIdentifier === undefined && topicAlias === undefined) return done;
    throw new Wrong({
      headline: "properties of one connection go out on another",
      expected: "→ PUBLISH without a subscription identifier and without a topic alias",
      got: "→ PUBLISH with what the broker wrote for you alone",
      why: "a client may send no subscription identifier at all [MQTT-3.3.4-6], and the alias is another's",
      wire,
    });
  });
});

describe("createAliasPublisher", () => {
  const publisher = async (desk: Desk, count = 1) => {
    const { createAliasPublisher } = await answers();
    const client = await desk.client("sensor", { reconnectPeriod: 20 });
    await needsAliases(desk, 2);
    const topics = Array.from({ length: count }, (_, index) =>
      prefixed(`${desk.name("building")}/sensor/${index}`),
    );
    const publishers = topics.map((topic, index) => {
      const publish = createAliasPublisher(client, topic, index + 1);
      return (payload: string) => settles("createAliasPublisher", () => publish(payload));
    });
    return { client, topics, publishers };
  };

  check("createAliasPublisher", "names the topic once, and then the alias alone", async (desk) => {
    const { topics, publishers } = await publisher(desk);
    for (const value of ["612", "615", "611"]) await publishers[0]?.(value);
    const frames = desk.frames(sent("publish"));
    const expected = [`${topics[0]} with alias 1`, "alias 1 alone", "alias 1 alone"];
    const got = frames.map(tellName);
    if (got.join() === expected.join()) return;
    throw new Wrong({
      headline: "the topic is not replaced by the alias",
      expected: expected.map((each) => `→ PUBLISH ${each}`).join("\n             "),
      got: got.map((each) => `→ PUBLISH ${each}`).join("\n             ") || "no PUBLISH",
      why: "the first PUBLISH tells the broker what the alias stands for; an empty topic saves the bytes",
      wire: frames,
    });
  });

  check("createAliasPublisher", "keeps two topics apart", async (desk) => {
    const { topics, publishers } = await publisher(desk, 2);
    const arrived: string[] = [];
    const listener = await desk.helper("listener");
    const all = new Promise<void>((resolve) => {
      listener.on("message", (topic, payload) => {
        if (payload.toString() === "end") resolve();
        else arrived.push(`${topics.indexOf(topic)}: ${payload}`);
      });
    });
    const filter = prefixed(`${desk.name("building")}/#`);
    await listener.subscribeAsync(filter, { qos: 1 });
    for (const round of ["first", "second"]) {
      for (const [index, publish] of publishers.entries()) await publish(`${round} of ${index}`);
    }
    await listener.publishAsync(prefixed(`${desk.name("building")}/end`), "end", { qos: 1 });
    await within(all, () => brokerGone("it did not deliver the check's own message"));
    const expected = ["0: first of 0", "0: second of 0", "1: first of 1", "1: second of 1"];
    if (arrived.sort().join() === expected.join()) return;
    throw new Wrong({
      headline: "messages arrive under another sensor's topic",
      expected: expected.join(", "),
      got: arrived.join(", ") || "nothing",
      why: "an alias stands for one topic at a time: the last one that was sent together with it",
      wire: desk.frames(sent("publish")),
    });
  });

  check("createAliasPublisher", "names the topic again after a reconnect", async (desk) => {
    const { client, topics, publishers } = await publisher(desk);
    await publishers[0]?.("612");
    const before = desk.frames(sent("publish"));
    const back = new Promise((resolve) => client.once("connect", resolve));
    client.stream.destroy();
    await within(back, () => brokerGone("no CONNACK"));
    const publishing = publishers[0]?.("615");
    publishing?.catch(() => {});
    // The library holds back an alias that it has not told on this line, and never says so: when what is
    // sent behind it has arrived, it is not coming.
    const behind = prefixed(desk.name("behind"));
    await within(client.publishAsync(behind, "", { qos: 1 }), () => aliasGone(desk, "no PUBLISH"));
    const [again] = desk.frames(sent("publish")).slice(before.length);
    if (again === undefined || topicOf(again) !== topics[0]) {
      throw aliasGone(desk, again && topicOf(again) !== behind ? tellName(again) : "no PUBLISH");
    }
    await publishing;
  });
});

describe("consumeSlowly", () => {
  /** A consumer whose work ends when the check says so. */
  const consume = async (desk: Desk, atOnce: number) => {
    const { consumeSlowly } = await answers();
    const topic = prefixed(desk.name("orders"));
    const begun: unknown[] = [];
    let finish: () => void = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let wake: () => void = () => {};
    const work = (payload: string) => {
      begun.push(payload);
      wake();
      return finished;
    };
    const helper = await desk.helper("guest");
    clientsFromHere(desk);
    // Before the clients are ended: one with work to do does not leave.
    desk.atEnd(() => finish());
    const client = await settles("consumeSlowly", () =>
      consumeSlowly(desk.brokerUrl, topic, atOnce, work),
    );
    desk.endLater(client);
    await subscriptionConfirmed(desk);
    const order = async (...payloads: string[]) => {
      for (const payload of payloads) await helper.publishAsync(topic, payload, { qos: 1 });
    };
    const worked = (count: number, explain: () => Error) =>
      within(
        new Promise<void>((resolve) => {
          wake = () => begun.length >= count && resolve();
          wake();
        }),
        explain,
      );
    return { begun, order, worked, finish: () => finish() };
  };

  check("consumeSlowly", "tells the broker how many it takes at once", async (desk) => {
    const atOnce = 2 + Math.floor(desk.random() * 5);
    await consume(desk, atOnce);
    const [connect] = desk.frames(sent("connect"));
    const asked =
      connect?.packet?.cmd === "connect" ? connect.packet.properties?.receiveMaximum : undefined;
    if (asked === atOnce) return;
    throw new Wrong({
      headline: "the broker is not told when to stop",
      expected: `→ CONNECT with Receive Maximum ${atOnce}`,
      got: `→ CONNECT with ${asked === undefined ? "none, which means 65535" : asked}`,
      why: "Receive Maximum is a property of the CONNECT; the broker keeps to it [MQTT-3.3.4-9]",
      wire: desk.frames(),
    });
  });

  check("consumeSlowly", "subscribes with a level that is acknowledged", async (desk) => {
    await consume(desk, 2);
    const [subscribe] = desk.frames(sent("subscribe"));
    const qos = subscribe?.packet?.cmd === "subscribe" && subscribe.packet.subscriptions[0]?.qos;
    if (qos === 1) return;
    throw new Wrong({
      headline: `it is subscribed with QoS ${qos}`,
      expected: "→ SUBSCRIBE with QoS 1",
      got: `→ SUBSCRIBE with QoS ${qos}`,
      why: "flow control counts what is not acknowledged yet: QoS 0 never is, and QoS 2 takes four packets",
      wire: desk.frames(),
    });
  });

  check("consumeSlowly", "resolves when the subscription is confirmed", async (desk) => {
    const { consumeSlowly } = await answers();
    clientsFromHere(desk);
    await waitsForSuback(desk, "consumeSlowly", () =>
      consumeSlowly(desk.brokerUrl, prefixed(desk.name("orders")), 2, async () => {}),
    );
  });

  check("consumeSlowly", "acknowledges only what is done", async (desk) => {
    const { order, worked, finish } = await consume(desk, 2);
    await order("soup", "rice");
    const neverBegun = () => notWorked(desk, "no call of work");
    await worked(1, neverBegun);
    await roundTrip(desk);
    const early = desk.frames(sent("puback"));
    if (early.length > 0) {
      throw new Wrong({
        headline: "a message is acknowledged before its work is done",
        expected: "→ PUBACK when the promise of work has resolved",
        got: "→ PUBACK while the work was under way",
        why: "the broker takes a PUBACK for room, and sends the next one: nothing holds it back",
        wire: desk.frames((frame) => frame.type === "publish" || frame.type === "puback"),
      });
    }
    finish();
    await desk.sees(
      sent("puback"),
      () =>
        new Wrong({
          headline: "the work is done, and nobody tells the broker",
          expected: "→ PUBACK",
          got: "no PUBACK",
          why: "after Receive Maximum messages without an acknowledgement nothing comes any more",
          wire: desk.frames((frame) => frame.type === "publish" || frame.type === "puback"),
        }),
    );
  });

  check("consumeSlowly", "works through all of them, payload by payload", async (desk) => {
    const { begun, order, worked, finish } = await consume(desk, 2);
    finish();
    const orders = ["soup", "rice", "fish", "cake", "tea"].map(desk.name);
    await order(...orders);
    const described = () => begun.map((value) => JSON.stringify(value) ?? String(value)).join(", ");
    await worked(orders.length, () => notWorked(desk, described() || "no call of work"));
    if (begun.join() === orders.join() && begun.every((value) => typeof value === "string")) return;
    throw notWorked(desk, described());
  });
});

function wentNowhere(desk: Desk, topic: string): Wrong {
  return new Wrong({
    headline: "the message goes no further",
    expected: `→ PUBLISH ${topic}`,
    got: desk.frames(sent("publish")).map(topicOf).join(", ") || "no PUBLISH",
    why: "the other part of the building hears only what is published on its own topic",
    wire: desk.frames(),
  });
}

function aliasGone(desk: Desk, got: string): Wrong {
  return new Wrong({
    headline: "the alias does not outlive the line",
    expected: "→ PUBLISH with the topic and the alias, once more",
    got,
    why: "the broker forgets all aliases with the connection; the library does not even send one it has not told [MQTT-3.3.2-7]",
    wire: desk.frames((frame) => frame.type === "connect" || sent("publish")(frame)),
  });
}

/** Checks of aliases need a broker that takes some. */
async function needsAliases(desk: Desk, count: number): Promise<void> {
  const [connack] = desk.frames(received("connack"));
  const most =
    connack?.packet?.cmd === "connack" ? (connack.packet.properties?.topicAliasMaximum ?? 0) : 0;
  if (most < count) throw new NotOnThisBroker(`this broker takes ${most} topic aliases`);
}

/** What the decoder made of the values of one name: none, a text, or an array of them. */
function valuesOf(values: string | string[] | undefined): string[] {
  return [values ?? []].flat();
}

function tell(userProperties: Record<string, string | string[] | undefined>): string {
  const pairs = Object.entries(userProperties).map(
    ([name, values]) => `${name} ${valuesOf(values).join(" and ")}`,
  );
  return pairs.join(", ") || "no user properties";
}

function tellName(frame: Frame): string {
  const alias = publishOf(frame)?.properties?.topicAlias;
  if (alias === undefined) return `${topicOf(frame)} without an alias`;
  return topicOf(frame) === "" ? `alias ${alias} alone` : `${topicOf(frame)} with alias ${alias}`;
}

function publishOf(entry: Entry): IPublishPacket | undefined {
  return entry.kind === "frame" && entry.packet?.cmd === "publish" ? entry.packet : undefined;
}

function topicOf(frame: Frame): string {
  return publishOf(frame)?.topic ?? "";
}

function notWorked(desk: Desk, got: string): Wrong {
  return new Wrong({
    headline: "work is not called with what came",
    expected: "a call for each message, in order, with its payload as text",
    got,
    why: "who does not acknowledge gets no more than Receive Maximum; a payload arrives as a Buffer",
    wire: desk.frames((frame) => received("publish")(frame) || sent("puback")(frame)),
  });
}
