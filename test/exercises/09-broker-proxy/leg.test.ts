import { check, describe } from "../../../workbook/checks/harness/check.ts";
import { settles, within } from "../../../workbook/checks/harness/deadline.ts";
import { type Desk, received, sent } from "../../../workbook/checks/harness/desk.ts";
import { roundTrip } from "../../../workbook/checks/harness/held.ts";
import { Inbox } from "../../../workbook/checks/harness/inbox.ts";
import { playBroker, usual } from "../../../workbook/checks/harness/scripted-broker.ts";
import { Wrong } from "../../../workbook/checks/harness/wrong.ts";
import type { Message } from "../../../workbook/proxy/message.ts";
import { prefixed } from "../../../workbook/telemetry.ts";
import { answers, few, legOf, messageOf, messagesOf, payloadOf, publishOf, Told } from "./lab.ts";

describe("Leg", () => {
  check("Leg", "connects with an id of its own and leaves nothing behind", async (desk) => {
    await legOf(desk);
    const { legClientId } = await answers();
    const expected = legClientId("site", desk.id("pump"));
    const frame = await desk.sees(sent("connect"), () => never(desk, "CONNECT"));
    const packet = "packet" in frame ? frame.packet : undefined;
    if (packet?.cmd !== "connect") throw never(desk, "CONNECT");
    const { clientId, protocolVersion, clean, will, properties } = packet;
    const expiry = properties?.sessionExpiryInterval ?? 0;
    const got = `${clientId}, MQTT ${protocolVersion === 5 ? 5 : 3}, clean start ${clean}, session for ${expiry} s, ${will ? "a will" : "no will"}`;
    const wanted = `${expected}, MQTT 5, clean start true, session for 0 s, no will`;
    if (got === wanted) return;
    throw new Wrong({
      headline: "the leg's CONNECT is not what it should be",
      expected: wanted,
      got,
      why: "the session and the will are the proxy's to keep: a broker would go by the proxy's line, not by the device's",
      wire: desk.frames(sent("connect")),
    });
  });

  check("Leg", "tells the outcome when the broker has acknowledged", async (desk) => {
    const leg = await legOf(desk);
    const told = new Told();
    const held = desk.faults.arm({ do: "hold" }, received("puback"));
    desk.atEnd(() => held.release());
    await settles("Leg", () => leg.publish(messageOf(desk), told.by("the message")));
    await within(held.met, () => never(desk, "PUBLISH"));
    await roundTrip(desk);
    const early = told.toString();
    held.release();
    await told.count(1, () => untold(desk, told, "the message acknowledged"));
    await roundTrip(desk);
    if (early === "none" && told.toString() === "the message acknowledged") return;
    throw new Wrong({
      headline: "the outcome is not the broker's",
      expected: "nothing before the PUBACK, then: the message acknowledged",
      got: `${early} before it, ${told} at the end`,
      why: "who hears too early that a message is safe has forgotten it before it is [MQTT-4.3.2-4]",
      wire: desk.frames(),
    });
  });

  check("Leg", "sends what the broker takes of a message", async (desk) => {
    const limits = { maximumQoS: 0, retainAvailable: false, maximumPacketSize: 200 } as const;
    const broker = await playBroker(desk, {
      connect: (_packet, line) => line.send(accepted(limits)),
    });
    const leg = await legOf(desk, { broker: { name: "small", url: broker.url } });
    const told = new Told();
    const large = messageOf(desk, { payload: Buffer.alloc(300) });
    const retained = messageOf(desk, { retain: true, copyId: "copy-1" });
    await settles("Leg", () => {
      leg.publish(large, told.by("large"));
      leg.publish(retained, told.by("retained"));
    });
    await told.count(2, () => untold(desk, told, "large refused, retained acknowledged"));
    await broker.sees(sent("publish"), () => never(desk, "PUBLISH"));
    const frames = broker.frames(sent("publish"));
    const got = frames.map((frame) => {
      const { qos, retain, topic, properties } = publishOf(frame) ?? {};
      const copyId = Object.values(properties?.userProperties ?? {}).includes("copy-1");
      return `q${qos}${retain ? " RETAIN" : ""}${copyId ? " with its copy id" : ""} ${topic}`;
    });
    const expected = `q0 with its copy id ${retained.topic}`;
    const outcomes = told.all.map(({ label, outcome }) => `${label} ${outcome}`).sort();
    if (got.join() === expected && outcomes.join() === "large refused,retained acknowledged")
      return;
    throw new Wrong({
      headline: "the broker is not sent what it takes",
      expected: `${expected}; large refused, retained acknowledged`,
      got: `${few(got)}; ${told}`,
      why: "each broker says in its CONNACK what it takes; for one that takes QoS 0 alone, to have sent it is all that can be known",
      wire: broker.frames(),
    });
  });

  check("Leg", "sends in order what waited for a line", async (desk) => {
    const back = desk.faults.arm({ do: "hold" }, sent("connect"));
    desk.atEnd(() => back.release());
    const leg = await legOf(desk);
    const told = new Told();
    const messages = messagesOf(desk, 30);
    await settles("Leg", () => publishAll(leg, messages, told));
    await within(back.met, () => never(desk, "CONNECT"));
    await roundTrip(desk);
    const early = told.toString();
    back.release();
    await told.count(messages.length, () => untold(desk, told, "30 messages acknowledged"));
    const got = desk.frames(sent("publish")).map(payloadOf);
    const acknowledged = told.all.every(({ outcome }) => outcome === "acknowledged");
    if (early === "none" && acknowledged && got.join() === numbers(0, 30)) return;
    throw new Wrong({
      headline: "what waited for a line is lost or out of order",
      expected: "0 to 29, each acknowledged",
      got: early === "none" ? `${few(got)}; told: ${told}` : `${early}, before there was a line`,
      why: "a broker that is down for a minute misses nothing, as long as the backlog holds it",
      wire: desk.frames(sent("publish")).slice(0, 6),
    });
  });

  check("Leg", "keeps no more than its capacity while there is no line", async (desk) => {
    const holdConnect = () => {
      const back = desk.faults.arm({ do: "hold" }, sent("connect"));
      desk.atEnd(() => back.release());
      return back;
    };
    let back = holdConnect();
    const leg = await legOf(desk, { capacity: 5 });
    for (const when of ["before the first line", "after a line has broken"]) {
      const told = new Told();
      await within(back.met, () => never(desk, "CONNECT"));
      const sentBefore = desk.frames(sent("publish")).length;
      await settles("Leg", () => publishAll(leg, messagesOf(desk, 50), told));
      const early = told.all.map(({ label, outcome }) => `${label} ${outcome}`);
      back.release();
      await told.count(50, () => untold(desk, told, "45 dropped, 5 acknowledged"));
      await roundTrip(desk);
      const got = desk.frames(sent("publish")).slice(sentBefore).map(payloadOf);
      const waited = got.filter((payload) => payload !== LAST_ONE);
      const expected = Array.from({ length: 45 }, (_, number) => `${number} dropped`);
      if (early.join() !== expected.join() || waited.join() !== numbers(45, 50)) {
        throw new Wrong({
          headline: "a broker that is away takes more memory than it may",
          expected: `${when}: 0 to 44 dropped, and told so at once; 45 to 49 sent later`,
          got: `told at once: ${few(early)}; sent: ${few(waited, 10)}`,
          why: "what you hand to the library without a line waits in its own memory, without a bound; and a drop that nobody hears of is a hole",
          wire: desk.frames(sent("publish")).slice(0, 6),
        });
      }
      back = holdConnect();
      desk.faults.arm({ do: "cut", when: "before" }, received("puback"));
      const last = messageOf(desk, { payload: Buffer.from(LAST_ONE) });
      await settles("Leg", () => leg.publish(last, () => {}));
    }
  });

  check("Leg", "has no more on its way than the broker takes at a time", async (desk) => {
    for (const [receiveMaximum, most, count] of [
      [3, 3, 9],
      [65_535, 20, 30],
    ] as const) {
      const unanswered: number[] = [];
      let [peak, marks] = [0, 0];
      const broker = await playBroker(desk, {
        connect: (_packet, line) => line.send(accepted({ receiveMaximum })),
        // All that the leg had written is here: now one of them is acknowledged.
        puback: (_packet, line) => {
          const messageId = unanswered.shift();
          if (messageId !== undefined) line.send({ cmd: "puback", messageId, reasonCode: 0 });
          if (unanswered.length > 0) line.send(mark(++marks));
        },
        publish: ({ messageId = 0 }, line) => {
          unanswered.push(messageId);
          peak = Math.max(peak, unanswered.length);
          if (unanswered.length === 1) line.send(mark(++marks));
        },
      });
      const leg = await legOf(desk, { broker: { name: "slow", url: broker.url } });
      const told = new Told();
      await settles("Leg", () => publishAll(leg, messagesOf(desk, count), told));
      await told.count(count, () => untold(desk, told, `${count} messages acknowledged`));
      if (peak <= most) continue;
      throw new Wrong({
        headline: "a slow broker is sent more than it takes at a time",
        expected: `Receive Maximum ${receiveMaximum}: at most ${most} without a PUBACK`,
        got: `up to ${peak}`,
        why: "its limit is kept to, or it ends the line with reason 147 [MQTT-3.3.4-7]; and what is on its way waits in the library, beside the backlog",
        wire: broker.frames(sent("publish")).slice(0, 5),
      });
    }
  });

  check("Leg", "goes on when the broker refuses a message", async (desk) => {
    const broker = await playBroker(desk, {
      publish: (packet, line) => {
        if (String(packet.payload) !== "1") return usual.publish(packet, line);
        line.send({ cmd: "puback", messageId: packet.messageId ?? 0, reasonCode: 135 });
      },
    });
    const leg = await legOf(desk, { broker: { name: "strict", url: broker.url } });
    const told = new Told();
    await settles("Leg", () => publishAll(leg, messagesOf(desk, 3), told));
    const wanted = "0 acknowledged, 1 refused, 2 acknowledged";
    await told.count(3, () => untold(desk, told, wanted));
    if (told.toString() === wanted) return;
    throw new Wrong({
      headline: "a refused message is not told as refused",
      expected: wanted,
      got: told.toString(),
      why: "PUBACK 135: this client may not publish there. The broker will never have it, and the policy has to know",
      wire: broker.frames(),
    });
  });

  check("Leg", "goes on after a broker has refused it", async (desk) => {
    const answersToCome = [137, 135, 0];
    const broker = await playBroker(desk, {
      connect: (_packet, line) => {
        const reasonCode = answersToCome.shift() ?? 0;
        line.send({ cmd: "connack", reasonCode, sessionPresent: false });
        if (reasonCode !== 0) line.close();
      },
    });
    const leg = await legOf(desk, { broker: { name: "busy", url: broker.url } });
    const told = new Told();
    await settles("Leg", () => leg.publish(messageOf(desk), told.by("the message")));
    await told.count(
      1,
      () =>
        new Wrong({
          headline: "the leg gives up after a refusal",
          expected: "after CONNACK 137 and 135, one more CONNECT, and the message acknowledged",
          got: `${broker.frames(sent("connect")).length} CONNECTs; told: ${told}`,
          why: "somebody may give it the right to connect in an hour: the other brokers go on meanwhile, and it comes back",
          wire: broker.frames(),
        }),
    );
  });

  check("Leg", "tells one outcome although the line breaks meanwhile", async (desk) => {
    const leg = await legOf(desk);
    const told = new Told();
    desk.faults.arm({ do: "cut", when: "before" }, received("puback"));
    await settles("Leg", () => publishAll(leg, messagesOf(desk, 5), told));
    await desk.sees(
      () => desk.frames(received("puback")).filter(({ fate }) => fate === "passed").length >= 5,
      () => untold(desk, told, "0 to 4 acknowledged"),
    );
    await told.count(5, () => untold(desk, told, "0 to 4 acknowledged"));
    await roundTrip(desk);
    const labels = told.all.map(({ label, outcome }) => `${label} ${outcome}`).sort();
    const expected = Array.from({ length: 5 }, (_, number) => `${number} acknowledged`);
    if (labels.join() === expected.join()) return;
    throw new Wrong({
      headline: "a broken line is told as an outcome",
      expected: few(expected),
      got: told.toString(),
      why: "nobody knows yet what became of it: it is sent again on the next line, and then there is an answer",
      wire: desk.frames(({ type }) => type === "publish" || type === "puback"),
    });
  });

  check("Leg", "asks for its filters again on each new line", async (desk) => {
    const inbox = new Inbox();
    const leg = await legOf(desk, {
      onMessage: ({ topic, payload }) => inbox.take(topic, String(payload)),
    });
    const told = new Told();
    const topic = prefixed(desk.name("commands"));
    await settles("Leg", () => leg.subscribe(topic, { qos: 1 }, told.by(topic)));
    await told.count(1, () => untold(desk, told, `${topic} acknowledged`));
    const helper = await desk.helper("publisher");
    await helper.publishAsync(topic, "first", { qos: 1 });
    await inbox.matching(
      (value) => value === "first",
      () => deaf(desk, inbox),
    );
    desk.faults.arm({ do: "cut", when: "before" }, received("publish"));
    await helper.publishAsync(topic, "cut", { qos: 0 });
    await desk.sees(
      () => desk.frames(received("suback")).length >= 2,
      () => deaf(desk, inbox),
    );
    await roundTrip(desk);
    await helper.publishAsync(topic, "second", { qos: 1 });
    await inbox.matching(
      (value) => value === "second",
      () => deaf(desk, inbox),
    );
  });

  check("Leg", "asks at once for a filter that it has asked for before", async (desk) => {
    const leg = await legOf(desk);
    const told = new Told();
    const topic = prefixed(desk.name("commands"));
    for (const times of [1, 2]) {
      await settles("Leg", () => leg.subscribe(topic, { qos: 1 }, told.by(topic)));
      await told.count(times, () => untold(desk, told, `${topic} acknowledged, ${times} times`));
    }
    await roundTrip(desk);
    if (desk.frames(sent("subscribe")).length === 2) return;
    throw new Wrong({
      headline: "a second SUBSCRIBE of the device never reaches the broker",
      expected: "→ SUBSCRIBE, twice",
      got: `${desk.frames(sent("subscribe")).length} of them`,
      why: "a device that subscribes again gets the retained messages again; the library keeps a second SUBSCRIBE to itself, unless it is told not to look after subscriptions",
      wire: desk.frames(),
    });
  });

  check("Leg", "tells nothing of a filter until the broker has answered", async (desk) => {
    const leg = await legOf(desk);
    const told = new Told();
    const topic = prefixed(desk.name("commands"));
    desk.faults.arm({ do: "cut", when: "before" }, received("suback"));
    await settles("Leg", () => leg.subscribe(topic, { qos: 1 }, told.by(topic)));
    await told.count(1, () => untold(desk, told, `${topic} acknowledged`));
    if (told.toString() === `${topic} acknowledged`) return;
    throw new Wrong({
      headline: "a line that breaks is taken for a broker that refuses",
      expected: `${topic} acknowledged, on the next line`,
      got: told.toString(),
      why: "the error without a packet is the library's: no SUBACK has come, so the broker has said neither yes nor no",
      wire: desk.frames(),
    });
  });

  check("Leg", "tells that a filter was refused", async (desk) => {
    const broker = await playBroker(desk, {
      subscribe: ({ messageId = 0 }, line) =>
        line.send({ cmd: "suback", messageId, granted: [135] }),
    });
    const leg = await legOf(desk, { broker: { name: "strict", url: broker.url } });
    const told = new Told();
    await settles("Leg", () => leg.subscribe("secrets/#", { qos: 1 }, told.by("secrets/#")));
    await told.count(1, () => untold(desk, told, "secrets/# refused"));
    if (told.toString() === "secrets/# refused") return;
    throw new Wrong({
      headline: "a refused filter is not told as refused",
      expected: "secrets/# refused",
      got: told.toString(),
      why: "the broker's SUBACK says 135, not authorized: nothing will come from there",
      wire: broker.frames(),
    });
  });

  check("Leg", "asks no more for what it was told to leave", async (desk) => {
    const leg = await legOf(desk);
    const told = new Told();
    const topic = prefixed(desk.name("commands"));
    await settles("Leg", () => leg.subscribe(topic, { qos: 1 }, told.by(topic)));
    await told.count(1, () => untold(desk, told, `${topic} acknowledged`));
    await settles("Leg", () => leg.unsubscribe(topic));
    await desk.sees(
      received("unsuback"),
      () =>
        new Wrong({
          headline: "there was no UNSUBSCRIBE",
          expected: "→ UNSUBSCRIBE",
          got: "none came",
          why: "the broker goes on sending what nobody wants any more",
          wire: desk.frames(),
        }),
    );
    await settles("idle() after the UNSUBACK", () => leg.idle());
    desk.faults.arm({ do: "cut", when: "before" }, received("puback"));
    await settles("Leg", () => leg.publish(messageOf(desk), told.by("the message")));
    await told.count(2, () => untold(desk, told, "the message acknowledged"));
    await roundTrip(desk);
    if (desk.frames(sent("subscribe")).length === 1) return;
    throw new Wrong({
      headline: "a filter that was left is asked for again",
      expected: "no SUBSCRIBE on the next line",
      got: `${desk.frames(sent("subscribe")).length - 1} of them`,
      why: "a session of a device ends, and another one begins: nobody wants the old one's messages",
      wire: desk.frames(),
    });
  });

  check("Leg", "is idle when all have their outcome", async (desk) => {
    const leg = await legOf(desk);
    const told = new Told();
    const held = desk.faults.arm({ do: "hold" }, received("puback"));
    desk.atEnd(() => held.release());
    await settles("Leg", () => publishAll(leg, messagesOf(desk, 30), told));
    let toldWhenIdle: number | undefined;
    const idle = leg.idle().then(() => {
      toldWhenIdle = told.all.length;
    });
    idle.catch(() => {});
    await within(held.met, () => never(desk, "PUBLISH"));
    await roundTrip(desk);
    held.release();
    await settles("Leg", () => idle);
    // Nothing waits any more, so this one has nothing to wait for.
    await settles("Leg", () => leg.idle());
    if (toldWhenIdle === 30) return;
    throw new Wrong({
      headline: "the leg says that it is idle while messages wait",
      expected: "idle resolves when 30 of 30 have their outcome",
      got: `it resolved after ${toldWhenIdle}`,
      why: "when a device's session is over, its legs end as soon as they are idle: too early, and its last words are lost",
    });
  });

  check("Leg", "drops what waits when it is closed", async (desk) => {
    const leg = await legOf(desk);
    const told = new Told();
    const held = desk.faults.arm({ do: "hold" }, received("puback"));
    desk.atEnd(() => held.release());
    await settles("Leg", () => publishAll(leg, messagesOf(desk, 30), told));
    await within(held.met, () => never(desk, "PUBLISH"));
    await settles("Leg", () => leg.close());
    await told.count(30, () => untold(desk, told, "0 to 29 dropped"));
    await desk.sees(
      ({ kind }) => kind === "closed",
      () =>
        new Wrong({
          headline: "the line stands although the leg is closed",
          expected: "the connection ends",
          got: "it is still open",
          why: "a proxy that is stopped leaves nothing behind, and an end() without force waits for the PUBACK",
          wire: desk.frames().slice(-5),
        }),
    );
    held.release();
    await roundTrip(desk);
    const wrong = told.all.filter(({ outcome }) => outcome !== "dropped");
    const labels = new Set(told.all.map(({ label }) => label));
    const again = desk.frames(sent("connect")).length - 1;
    if (wrong.length === 0 && labels.size === 30 && told.all.length === 30 && again === 0) return;
    throw new Wrong({
      headline: "a closed leg does not say what was dropped, or goes on",
      expected: "0 to 29 dropped, each told once, and no CONNECT any more",
      got: `${told}; ${again} CONNECTs more`,
      why: "who waits for an outcome waits for ever, and what was dropped is in no count",
    });
  });

  const publishAll = (
    leg: { publish: (message: Message, tell: ReturnType<Told["by"]>) => void },
    messages: readonly Message[],
    told: Told,
  ) => {
    for (const message of messages) leg.publish(message, told.by(String(message.payload)));
  };

  /** What is on its way when the line breaks. */
  const LAST_ONE = "on its way";

  const numbers = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => from + index).join();

  const accepted = (properties: object) =>
    ({ cmd: "connack", reasonCode: 0, sessionPresent: false, properties }) as const;

  const mark = (messageId: number) => {
    const flags = { qos: 1, dup: false, retain: false } as const;
    return { cmd: "publish", topic: "mark", payload: "", messageId, ...flags } as const;
  };

  const never = (desk: Desk, packet: string) =>
    new Wrong({
      headline: `there was no ${packet}`,
      expected: `→ ${packet}`,
      got: "none came",
      why: "a leg connects when it is made, and sends as soon as it may",
      wire: desk.frames(),
    });

  const untold = (desk: Desk, told: Told, wanted: string) =>
    new Wrong({
      headline: "an outcome is never told",
      expected: wanted,
      got: told.toString(),
      why: "the device waits for its acknowledgement until somebody says what became of the message",
      wire: desk.frames().slice(-8),
    });

  const deaf = (desk: Desk, inbox: Inbox) =>
    new Wrong({
      headline: "the leg is connected, and deaf",
      expected: "→ SUBSCRIBE on each line, and onMessage for each message that comes",
      got: inbox.describe(),
      why: "a session that is clean begins with nothing: who wants messages asks again [MQTT-3.1.2-4]",
      wire: desk.frames(),
    });
});
