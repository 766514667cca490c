import type { IClientPublishOptions, MqttClient } from "mqtt";
import { check, describe } from "../../../workbook/checks/harness/check.ts";
import { within } from "../../../workbook/checks/harness/deadline.ts";
import { received, sent } from "../../../workbook/checks/harness/desk.ts";
import type { Inbox } from "../../../workbook/checks/harness/inbox.ts";
import { clearAtEnd } from "../../../workbook/checks/harness/retained.ts";
import { playBroker } from "../../../workbook/checks/harness/scripted-broker.ts";
import { Wrong } from "../../../workbook/checks/harness/wrong.ts";
import type { Entry } from "../../../workbook/wire/transcript.ts";
import { few, payloadOf, publishOf } from "./lab.ts";
import {
  keepDown,
  legsStand,
  listenOn,
  openProxy,
  type ProxyRig,
  routeTo,
  silence,
  topicOf,
  under,
} from "./proxy.ts";

describe("ProxiedDevice", () => {
  check("ProxiedDevice", "publishes to the brokers of the route, and to no other", async (desk) => {
    const rig = await openProxy(desk, [
      routeTo(desk, "alarms", "all", "site", "archive"),
      routeTo(desk, "readings", "all", "cloud"),
    ]);
    await clearAtEnd(desk, topicOf(desk, "alarms"));
    const { client: pump } = await rig.device("pump");
    const properties = { userProperties: { unit: "°C" }, contentType: "text/plain" };
    await acknowledged(rig, pump, topicOf(desk, "alarms"), "too hot", { properties, retain: true });
    await acknowledged(rig, pump, topicOf(desk, "readings"), "81");
    await acknowledged(rig, pump, topicOf(desk, "alarms"), "end");
    const got = Object.entries(rig.brokers).map(([name, side]) => {
      const frames = side.frames(sent("publish"));
      return `${name}: ${few(frames.map(payloadOf))}`;
    });
    const whole = rig.brokers.site.frames(sent("publish"))[0];
    const packet = whole && publishOf(whole);
    const isWhole =
      packet?.retain &&
      packet.properties?.userProperties?.unit === "°C" &&
      packet.properties.contentType === "text/plain";
    const expected = ["site: too hot, end", "cloud: 81", "archive: too hot, end"];
    if (got.join("; ") === expected.join("; ") && isWhole) return;
    throw new Wrong({
      headline: "a message is not with the brokers of its route, as it was",
      expected: `${expected.join("; ")}; with RETAIN and its properties`,
      got: `${got.join("; ")}; ${isWhole ? "with" : "without"} RETAIN and its properties`,
      why: "the routes say where a message goes, and what its publisher said of it goes along [MQTT-3.3.2-17]",
      wire: rig.brokers.site.frames(sent("publish")),
    });
  });

  check("ProxiedDevice", "gives all copies of a message one new id", async (desk) => {
    const rig = await openProxy(desk, [routeTo(desk, "alarms", "all", "site", "cloud")]);
    const { client: pump } = await rig.device("pump");
    for (const text of ["same", "same"]) {
      await acknowledged(rig, pump, topicOf(desk, "alarms"), text);
    }
    const ids = [rig.brokers.site, rig.brokers.cloud].map((side) =>
      side.frames(sent("publish")).map((frame) => {
        const values = Object.values(publishOf(frame)?.properties?.userProperties ?? {});
        return values.join();
      }),
    );
    const [atSite = [], atCloud = []] = ids;
    const [first, second] = atSite;
    if (first && first !== second && atSite.join() === atCloud.join()) return;
    throw new Wrong({
      headline: "the copies of a message cannot be told from other messages",
      expected: "the same copy id at both brokers, another one for the next message",
      got: `at the site ${few(atSite)}; in the cloud ${few(atCloud)}`,
      why: "who listens at both brokers gets both copies, and only their id says that they are one message",
      wire: rig.brokers.site.frames(sent("publish")),
    });
  });

  check("ProxiedDevice", "acknowledges when the policy is met, and not before", async (desk) => {
    const rig = await openProxy(desk, [
      routeTo(desk, "alarms", "all", "site", "cloud"),
      routeTo(desk, "readings", "any", "cloud", "site"),
    ]);
    const { client: pump } = await rig.device("pump");
    await legsStand(rig);
    const held = [1, 2].map(() => rig.brokers.cloud.faults.arm({ do: "hold" }, received("puback")));
    desk.atEnd(() => {
      for (const each of held) each.release();
    });
    const order: string[] = [];
    const told = (["alarms", "readings"] as const).map((level) =>
      acknowledged(rig, pump, topicOf(desk, level), level).then(() => order.push(level)),
    );
    for (const each of told) each.catch(() => {});
    await told[1];
    const early = order.join();
    for (const each of held) each.release();
    await told[0];
    if (early === "readings") return;
    throw new Wrong({
      headline: "the device is told that its message is safe before it is",
      expected: "readings (any) while the cloud's PUBACK is on its way, then alarms (all)",
      got: order.join(", "),
      why: "with the PUBACK the device forgets the message: the policy says how many brokers must have it first",
      wire: rig.front.frames(({ type }) => type === "publish" || type === "puback"),
    });
  });

  check("ProxiedDevice", "says no when the policy cannot be met", async (desk) => {
    const strict = await playBroker(desk, {
      publish: ({ messageId = 0 }, line) =>
        line.send({ cmd: "puback", messageId, reasonCode: 135 }),
    });
    const rig = await openProxy(
      desk,
      [
        routeTo(desk, "alarms", "all", "archive", "site"),
        routeTo(desk, "readings", "any", "archive", "site"),
      ],
      { urls: { archive: strict.url } },
    );
    const { client: pump } = await rig.device("pump");
    const codes: (number | undefined)[] = [];
    for (const topic of [
      topicOf(desk, "alarms"),
      topicOf(desk, "readings"),
      topicOf(desk, "none"),
    ]) {
      pump.publish(topic, "x", { qos: 1 });
      codes.push(await nextPuback(rig, codes.length));
    }
    if (codes.join() === "131,0,144") return;
    throw new Wrong({
      headline: "the device is not told what became of its message",
      expected: "PUBACK 131 (all, and one refused), 0 (any), 144 (no route)",
      got: `PUBACK ${codes.map((code) => code ?? "none").join(", ")}`,
      why: "a good PUBACK for a message that is not where it should be is a loss that nobody sees",
      wire: rig.front.frames(({ type }) => type === "publish" || type === "puback"),
    });
  });

  check("ProxiedDevice", "answers QoS 0 with nothing", async (desk) => {
    const rig = await openProxy(desk, [routeTo(desk, "readings", "any", "site")]);
    const { client: pump } = await rig.device("pump");
    await legsStand(rig, ["site"]);
    for (const topic of [topicOf(desk, "readings"), topicOf(desk, "none")]) {
      await pump.publishAsync(topic, "quiet", { qos: 0 });
    }
    await acknowledged(rig, pump, topicOf(desk, "readings"), "marker");
    const pubacks = rig.front.frames(received("puback"));
    if (pubacks.length === 1) return;
    throw new Wrong({
      headline: "a message with QoS 0 is answered",
      expected: "← PUBACK, once, for the message with QoS 1 behind two with QoS 0",
      got: `${pubacks.length} of them`,
      why: "a message with QoS 0 has no packet identifier that a PUBACK could name",
      wire: pubacks,
    });
  });

  check("ProxiedDevice", "reports each message that a broker misses", async (desk) => {
    const rig = await openProxy(desk, [routeTo(desk, "readings", "any", "site", "archive")], {
      capacity: 3,
    });
    keepDown(rig.brokers.archive);
    const { client: pump } = await rig.device("pump");
    for (let number = 0; number < 8; number++) {
      await acknowledged(rig, pump, topicOf(desk, "readings"), String(number));
    }
    const got = rig.missed.map(
      ({ broker, payload, outcome }) => `${payload} ${outcome} for ${broker}`,
    );
    const expected = [0, 1, 2, 3, 4].map((number) => `${number} dropped for archive`);
    if (got.join() === expected.join()) return;
    throw new Wrong({
      headline: "what a broker misses is not reported",
      expected: few(expected),
      got: few(got),
      why: "the device has its PUBACK, for any is met: without a report nobody ever learns of the hole in the archive",
    });
  });

  check("ProxiedDevice", "says the will once, where its route leads", async (desk) => {
    const rig = await openProxy(desk, [routeTo(desk, "alarms", "all", "site", "cloud")]);
    const ears = await Promise.all(
      (["site", "cloud"] as const).map((name) =>
        listenOn(rig.brokers[name], "listener", under(desk, "alarms")),
      ),
    );
    const will = { topic: topicOf(desk, "alarms"), payload: Buffer.from("gone"), qos: 1 } as const;
    const { client: pump } = await rig.device("pump", { will: { ...will, retain: false } });
    const { client: other } = await rig.device("other");
    await legsStand(rig);
    pump.stream.destroy();
    for (const ear of ears) {
      await came(ear, "gone", () => noWill(rig));
      await acknowledged(rig, other, topicOf(desk, "alarms", "other"), "end");
      await came(ear, "end", () => noWill(rig));
    }
    const counts = ears.map(({ values }) => values.filter((text) => text === "gone").length);
    if (counts.join() === "1,1") return;
    throw new Wrong({
      headline: "the will does not come once to each broker of its route",
      expected: "1 time at the site, 1 time in the cloud",
      got: counts.join(", "),
      why: "one device has gone: it has one last word",
      wire: rig.brokers.site.frames(),
    });
  });

  check("ProxiedDevice", "keeps the will to itself while the device is there", async (desk) => {
    const rig = await openProxy(desk, [routeTo(desk, "alarms", "any", "site", "cloud")]);
    const ear = await listenOn(rig.brokers.site, "listener", under(desk, "alarms"));
    const will = { topic: topicOf(desk, "alarms"), payload: Buffer.from("gone"), qos: 1 } as const;
    const { client: pump } = await rig.device("pump", { will: { ...will, retain: false } });
    await legsStand(rig);
    // The line of the leg breaks: that says nothing of the device.
    rig.brokers.site.faults.arm({ do: "cut", when: "before" }, received("puback"));
    await acknowledged(rig, pump, topicOf(desk, "alarms"), "still here");
    const { client: other } = await rig.device("other");
    await acknowledged(rig, other, topicOf(desk, "alarms", "other"), "end");
    await came(ear, "end", () => noWill(rig));
    if (!ear.values.includes("gone")) return;
    throw new Wrong({
      headline: "a device is announced dead that is there",
      expected: "no will: only a line between proxy and broker was cut",
      got: `the site heard ${few(ear.values)}`,
      why: "a will that goes along in the leg's CONNECT is about the leg; the proxy alone knows of the device's line",
      wire: rig.brokers.site.frames(),
    });
  });

  check("ProxiedDevice", "forgets the will of a device that leaves politely", async (desk) => {
    const rig = await openProxy(desk, [routeTo(desk, "alarms", "all", "site", "cloud")]);
    const ear = await listenOn(rig.brokers.site, "listener", under(desk, "alarms"));
    const will = { topic: topicOf(desk, "alarms"), payload: Buffer.from("gone"), qos: 1 } as const;
    const { client: pump } = await rig.device("pump", { will: { ...will, retain: false } });
    await legsStand(rig);
    await within(pump.endAsync(), () => noWill(rig));
    const { client: other } = await rig.device("other");
    await acknowledged(rig, other, topicOf(desk, "alarms", "other"), "end");
    await came(ear, "end", () => noWill(rig));
    if (!ear.values.includes("gone")) return;
    throw new Wrong({
      headline: "the will of a device comes that has said goodbye",
      expected: "no will after DISCONNECT 0",
      got: `the site heard ${few(ear.values)}`,
      why: "who leaves politely takes its will back [MQTT-3.14.4-3]",
      wire: rig.front.frames(),
    });
  });

  check("ProxiedDevice", "listens at all brokers of all routes that overlap", async (desk) => {
    const rig = await openProxy(desk, [
      routeTo(desk, "alarms", "any", "site", "cloud"),
      routeTo(desk, "readings", "any", "archive"),
    ]);
    const { client: panel, inbox } = await rig.device("panel");
    await subscribed(rig, panel, under(desk, "alarms"));
    for (const name of ["site", "cloud"] as const) {
      await rig.brokers[name].sees(received("suback"), () => notAsked(rig, name));
      const helper = await rig.brokers[name].helper("publisher");
      await helper.publishAsync(topicOf(desk, "alarms"), `from ${name}`, { qos: 1 });
      await came(inbox, `from ${name}`, () => notHeard(rig, inbox));
    }
    const asked = Object.entries(rig.brokers).map(
      ([name, side]) => `${name} ${side.frames(sent("subscribe")).length}`,
    );
    if (asked.join() === "site 1,cloud 1,archive 0") return;
    throw new Wrong({
      headline: "a filter is asked for at the wrong brokers",
      expected: "SUBSCRIBE: site 1, cloud 1, archive 0",
      got: asked.join(", "),
      why: "what a filter matches is where the routes send it; at the others there is nothing to hear",
      wire: rig.brokers.archive.frames(),
    });
  });

  check("ProxiedDevice", "answers SUBSCRIBE when one broker has", async (desk) => {
    const rig = await openProxy(desk, [routeTo(desk, "alarms", "any", "archive", "cloud", "site")]);
    keepDown(rig.brokers.archive);
    const slow = rig.brokers.cloud.faults.arm({ do: "hold" }, received("suback"));
    const site = rig.brokers.site.faults.arm({ do: "hold" }, received("suback"));
    desk.atEnd(() => {
      slow.release();
      site.release();
    });
    const { client: panel } = await rig.device("panel");
    const subscribing = panel.subscribeAsync(
      {
        [under(desk, "alarms")]: { qos: 2 },
        [topicOf(desk, "alarms")]: { qos: 0 },
        [under(desk, "nowhere")]: { qos: 1 },
      },
      {},
    );
    subscribing.catch(() => {});
    await within(Promise.all([slow.met, site.met]), () => noSuback(rig));
    const early = rig.front.frames(received("suback")).length;
    site.release();
    const frame = await rig.front.sees(received("suback"), () => noSuback(rig));
    const packet = "packet" in frame ? frame.packet : undefined;
    const codes = packet?.cmd === "suback" ? packet.granted.join() : "";
    if (early === 0 && codes === "1,0,143") return;
    throw new Wrong({
      headline: "the SUBACK does not say what is true",
      expected:
        "after the first broker's SUBACK: 1 where QoS 2 was asked for, 0 where QoS 0 was, and 143 for a filter without a route",
      got: early === 0 ? `codes ${codes}` : "a SUBACK, before any broker had granted it",
      why: "from its SUBACK on a device counts on its messages; and a broker that is down or slow must not hold it up",
      wire: rig.front.frames(),
    });
  });

  check("ProxiedDevice", "says no when no broker grants a filter", async (desk) => {
    const strict = await playBroker(desk, {
      subscribe: ({ messageId = 0 }, line) =>
        line.send({ cmd: "suback", messageId, granted: [135] }),
    });
    const urls = { archive: strict.url, cloud: strict.url };
    const routes = [routeTo(desk, "alarms", "any", "archive", "cloud")];
    const rig = await openProxy(desk, routes, { urls });
    const { client: panel } = await rig.device("panel");
    panel.subscribeAsync(under(desk, "alarms"), { qos: 1 }).catch(() => {});
    const frame = await rig.front.sees(received("suback"), () => noSuback(rig));
    const packet = "packet" in frame ? frame.packet : undefined;
    const codes = packet?.cmd === "suback" ? packet.granted.join() : "";
    if (codes === "131") return;
    throw new Wrong({
      headline: "the device counts on messages that will not come",
      expected: "← SUBACK 131: both brokers have refused",
      got: `← SUBACK ${codes}`,
      why: "a device that is told of a refusal can say so; one that is told yes waits for ever",
      wire: rig.front.frames(),
    });
  });

  check("ProxiedDevice", "hands on one copy of what comes from two brokers", async (desk) => {
    const rig = await openProxy(desk, [routeTo(desk, "alarms", "all", "site", "cloud")]);
    const { client: panel, inbox } = await rig.device("panel");
    await subscribed(rig, panel, under(desk, "alarms"));
    for (const name of ["site", "cloud"] as const) {
      await rig.brokers[name].sees(received("suback"), () => notAsked(rig, name));
    }
    const texts = ["one", "two", "end"];
    for (const text of texts) await acknowledged(rig, panel, topicOf(desk, "alarms"), text);
    for (const name of ["site", "cloud"] as const) {
      const isEnd = (entry: Entry) => received("publish")(entry) && payloadOf(entry) === "end";
      await rig.brokers[name].sees(isEnd, () => notHeard(rig, inbox));
    }
    await came(inbox, "end", () => notHeard(rig, inbox));
    await acknowledged(rig, panel, topicOf(desk, "alarms"), "marker");
    await came(inbox, "marker", () => notHeard(rig, inbox));
    const got = inbox.values.filter((value) => value !== "marker");
    if (got.join() === texts.join()) return;
    throw new Wrong({
      headline: "the device gets a message once for each broker",
      expected: few(texts),
      got: few(got),
      why: "it published to one broker, as far as it knows, and it listens to one",
      wire: rig.front.frames(received("publish")),
    });
  });

  check("ProxiedDevice", "keeps what comes while the device is away", async (desk) => {
    const rig = await openProxy(desk, [routeTo(desk, "commands", "all", "site")]);
    const session = { clean: false, properties: { sessionExpiryInterval: 60 } } as const;
    const { client: first } = await rig.device("panel", session);
    await subscribed(rig, first, under(desk, "commands"));
    first.stream.destroy();
    const { client: other } = await rig.device("other");
    const texts = ["open", "wait", "close"];
    for (const text of texts) await acknowledged(rig, other, topicOf(desk, "commands"), text);
    const { inbox } = await rig.device("panel", session);
    await came(inbox, "close", () => notHeard(rig, inbox));
    if (inbox.values.join() === texts.join()) return;
    throw new Wrong({
      headline: "a device does not get what came while it was away",
      expected: few(texts),
      got: few(inbox.values),
      why: "the brokers know nothing of the device's session: its legs stand while it is away, and the mailbox keeps what they bring",
      wire: rig.front.frames(),
    });
  });

  check("ProxiedDevice", "lets no broker hold up the others", async (desk) => {
    const [count, capacity] = [200, 50];
    const refusing = await playBroker(desk, {
      connect: (_packet, line) => {
        line.send({ cmd: "connack", reasonCode: 135, sessionPresent: false });
        line.close();
      },
    });
    const rig = await openProxy(
      desk,
      [routeTo(desk, "readings", "primary", "site", "cloud", "archive")],
      { capacity, urls: { archive: refusing.url } },
    );
    silence(rig.brokers.cloud);
    const ear = await listenOn(rig.brokers.site, "listener", under(desk, "readings"));
    const { client: pump } = await rig.device("pump");
    const texts = Array.from({ length: count }, (_, number) => String(number));
    const topic = topicOf(desk, "readings");
    const missed = (name: string) => rig.missed.filter(({ broker }) => broker === name).length;
    const report = () =>
      `site ${ear.values.length}, missed by the cloud ${missed("cloud")}, by the archive ${missed("archive")}`;
    const heldUp = () =>
      new Wrong({
        headline: "a broker that is silent or refuses holds up another one",
        expected: `all ${count} at the site, each acknowledged: the route says primary`,
        got: report(),
        why: "each broker has a backlog of its own, with a bound: what one of them cannot take is dropped for it alone",
      });
    await publishInBatches(rig, pump, topic, texts).catch(() => {
      throw heldUp();
    });
    await came(ear, texts.at(-1), heldUp);
    if (ear.values.join() !== texts.join()) throw heldUp();
    desk.figures = `${count} readings, the cloud silent and the archive refusing: ${report()}`;
  });

  check("ProxiedDevice", "loses nothing although every leg breaks", async (desk) => {
    const [count, cuts] = [300, 5];
    const rig = await openProxy(desk, [
      routeTo(desk, "readings", "all", "site", "cloud", "archive"),
    ]);
    const sides = Object.entries(rig.brokers);
    const ears = await Promise.all(
      sides.map(([, side]) => listenOn(side, "listener", under(desk, "readings"))),
    );
    for (const [, { faults }] of sides) {
      for (let cut = 0; cut < cuts; cut++) {
        const matches = desk.random() < 0.5 ? sent("publish") : received("puback");
        const when = desk.random() < 0.5 ? "before" : "after";
        let left = Math.floor(desk.random() * (count / cuts));
        faults.arm({ do: "cut", when }, (frame) => matches(frame) && left-- <= 0);
      }
    }
    const { client: pump } = await rig.device("pump");
    const texts = Array.from({ length: count }, (_, number) => String(number));
    const lost = () => ears.map(({ values }) => texts.filter((text) => !values.includes(text)));
    const wrong = () =>
      new Wrong({
        headline: "a message does not get through to every broker",
        expected: `${count} readings at each of three brokers`,
        got: lost()
          .map((texts, index) => `${sides[index]?.[0]} lacks ${few(texts, 3)}`)
          .join("; "),
        why: "what was on its way when the line broke is sent again on the next one",
      });
    await publishInBatches(rig, pump, topicOf(desk, "readings"), texts).catch(() => {
      throw wrong();
    });
    // A broker acknowledges before whoever listens there has it.
    for (const ear of ears) for (const text of texts) await came(ear, text, wrong);
    const broken = sides.map(([, side]) => side.frames(sent("connect")).length - 1);
    desk.figures = `${count} readings, acknowledged by all: 0 lost at each broker; the legs broke ${few(broken)} times`;
  });

  const acknowledged = async (
    rig: ProxyRig,
    client: MqttClient,
    topic: string,
    text: string,
    options: IClientPublishOptions = {},
  ) => {
    const wrong = (got: string) =>
      new Wrong({
        headline: "a message of the device is not acknowledged",
        expected: `← PUBACK 0 for "${text}"`,
        got,
        why: "the policy of its route is met, so the device may forget it",
        wire: rig.front.frames(({ type }) => type === "publish" || type === "puback").slice(-6),
      });
    const published = client.publishAsync(topic, text, { qos: 1, ...options });
    await within(
      published.catch((error: Error) => {
        throw wrong(error.message);
      }),
      () => wrong("no PUBACK"),
    );
  };

  /** No more at once than a leg may have on its way, so that a broker that answers misses none. */
  const publishInBatches = async (
    rig: ProxyRig,
    client: MqttClient,
    topic: string,
    texts: readonly string[],
  ) => {
    for (let from = 0; from < texts.length; from += 20) {
      const batch = texts.slice(from, from + 20);
      await Promise.all(batch.map((text) => acknowledged(rig, client, topic, text)));
    }
  };

  const subscribed = (rig: ProxyRig, client: MqttClient, filter: string) =>
    within(client.subscribeAsync(filter, { qos: 1 }), () => noSuback(rig));

  const came = async (inbox: Inbox, text: string | undefined, explain: () => Error) => {
    await inbox.matching((value) => value === text, explain);
  };

  const nextPuback = async (rig: ProxyRig, index: number) => {
    const all = () => rig.front.frames(received("puback"));
    await rig.front.sees(
      () => all().length > index,
      () =>
        new Wrong({
          headline: "the device waits for its PUBACK for ever",
          expected: "← PUBACK, with a reason code",
          got: "none came",
          why: "when a broker will never have a message, the device has to hear it: it may try again, or tell somebody",
          wire: rig.front.frames(),
        }),
    );
    const packet = all()[index]?.packet;
    return packet?.cmd === "puback" ? (packet.reasonCode ?? 0) : undefined;
  };

  const noWill = (rig: ProxyRig) =>
    new Wrong({
      headline: "a last word does not arrive",
      expected: "what was published, and the will where the line broke",
      got: "it did not come to everybody who listens",
      why: "others go by the will: a device that is gone and not announced is taken for alive",
      wire: rig.brokers.site.frames(({ type }) => type === "publish" || type === "connect"),
    });

  const notAsked = (rig: ProxyRig, name: keyof ProxyRig["brokers"]) =>
    new Wrong({
      headline: "a broker of the route was not asked",
      expected: `→ SUBSCRIBE to the ${name}, and its SUBACK`,
      got: "none came",
      why: "what is published past the proxy is at that broker alone",
      wire: rig.brokers[name].frames(),
    });

  const noSuback = (rig: ProxyRig) =>
    new Wrong({
      headline: "the device waits for its SUBACK for ever",
      expected: "← SUBACK",
      got: "none came",
      why: "one broker has granted it: that is enough for the device to hear something",
      wire: rig.front.frames(),
    });

  const notHeard = (rig: ProxyRig, inbox: Inbox) =>
    new Wrong({
      headline: "a message does not reach the device",
      expected: "each message that one of its brokers sends",
      got: inbox.describe(),
      why: "what the legs bring goes into the mailbox, and from there to the device's line",
      wire: rig.front.frames(),
    });
});
