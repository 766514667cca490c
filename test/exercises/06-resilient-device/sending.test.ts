import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { MqttClient } from "mqtt";
import type { IPublishPacket } from "mqtt-packet";
import type { Message } from "../../../solutions/06-resilient-device.ts";
import { check, describe } from "../../../workbook/checks/harness/check.ts";
import { settles, within } from "../../../workbook/checks/harness/deadline.ts";
import { brokerGone, type Desk, received, sent } from "../../../workbook/checks/harness/desk.ts";
import { roundTrip } from "../../../workbook/checks/harness/held.ts";
import { Inbox } from "../../../workbook/checks/harness/inbox.ts";
import { playBroker, usual } from "../../../workbook/checks/harness/scripted-broker.ts";
import { Wrong } from "../../../workbook/checks/harness/wrong.ts";
import { prefixed } from "../../../workbook/telemetry.ts";
import type { Entry } from "../../../workbook/wire/transcript.ts";
import {
  answers,
  few,
  folderOf,
  idOf,
  messagesOf,
  openDevice,
  payloadOf,
  persistent,
  publishOf,
  publishWithId,
  WatchedStore,
} from "./lab.ts";

describe("Sender", () => {
  check("Sender", "sends what waits in order, with QoS 1 and its id", async (desk) => {
    const messages = messagesOf(desk, 30);
    const client = await desk.client("sensor");
    const { store, sender } = await senderOf(client, messages);
    await settles("Sender", () => sender.wake());
    const last = (entry: Entry) => isSent(entry, messages.at(-1));
    await desk.sees(last, () => waiting(desk, store));
    await store.empty(() => waiting(desk, store));
    const lines = desk.frames(sent("publish")).map((frame) => {
      const packet = publishOf(frame);
      const retained = packet?.retain ? " retained" : "";
      return `q${packet?.qos}${retained} ${packet?.topic} ${payloadOf(frame)} ${idOf(frame)}`;
    });
    const expected = messages.map(({ topic, payload, id }) => `q1 ${topic} ${payload} ${id}`);
    if (lines.join() === expected.join()) return;
    const wrong = expected.findIndex((line, index) => lines[index] !== line);
    throw new Wrong({
      headline: "what was sent is not what waited",
      expected: expected[wrong] ?? `${expected.length} messages and no more`,
      got: lines[wrong] ?? (wrong === -1 ? `${lines.length} messages` : "nothing"),
      why: "older messages go first, and only its id tells a message that comes twice from another one",
      wire: desk.frames(sent("publish")).slice(0, 5),
    });
  });

  check("Sender", "lets a message go only when it is acknowledged", async (desk) => {
    const [message] = messagesOf(desk, 1) as [Message];
    const client = await desk.client("sensor");
    const { store, sender } = await senderOf(client, [message]);
    const held = desk.faults.arm({ do: "hold" }, received("puback"));
    desk.atEnd(() => held.release());
    await settles("Sender", () => sender.wake());
    await within(held.met, () => waiting(desk, store));
    await roundTrip(desk);
    if (!store.has(message.id)) {
      throw new Wrong({
        headline: "a message leaves the store before it is acknowledged",
        expected: "it stays until ← PUBACK has come",
        got: "it was gone while the PUBACK was still on its way",
        why: "whoever is killed now has lost it: the broker may never have got it [MQTT-4.3.2-3]",
        wire: desk.frames(),
      });
    }
    held.release();
    await store.empty(
      () =>
        new Wrong({
          headline: "a message stays in the store although it is acknowledged",
          expected: "it leaves the store when ← PUBACK has come",
          got: "it still waits",
          why: "it would be sent again after every start, and the outbox fills up",
          wire: desk.frames(),
        }),
    );
  });

  check("Sender", "keeps to the broker's Receive Maximum", async (desk) => {
    const [maximum, count] = [5, 20];
    const unacknowledged: number[] = [];
    let [most, marks] = [0, 0];
    const broker = await playBroker(desk, {
      connect: (_packet, line) => line.send(accepted({ receiveMaximum: maximum })),
      // All that the client had written is here: now one of them is acknowledged.
      puback: (_packet, line) => {
        const messageId = unacknowledged.shift();
        if (messageId !== undefined) line.send({ cmd: "puback", messageId, reasonCode: 0 });
        if (unacknowledged.length > 0) line.send(mark(++marks));
      },
      publish: ({ messageId = 0 }, line) => {
        unacknowledged.push(messageId);
        most = Math.max(most, unacknowledged.length);
        if (unacknowledged.length === 1) line.send(mark(++marks));
      },
    });
    const client = await clientOf(desk, broker.url);
    const { store, sender } = await senderOf(client, messagesOf(desk, count));
    await settles("Sender", () => sender.wake());
    await store.empty(() => waiting(desk, store));
    if (most <= maximum) return;
    throw new Wrong({
      headline: "the broker is sent more than it takes at a time",
      expected: `at most ${maximum} messages without a PUBACK: the CONNACK's Receive Maximum`,
      got: `up to ${most}`,
      why: "a broker may end the line for that, with reason 147: the library does not look at it [MQTT-3.3.4-7]",
      wire: broker.frames((frame) => !received("publish")(frame)).slice(0, 10),
    });
  });

  check("Sender", "leaves out what is larger than the broker takes", async (desk) => {
    const maximum = 300;
    const broker = await playBroker(desk, {
      connect: (_packet, line) => line.send(accepted({ maximumPacketSize: maximum })),
    });
    const messages = messagesOf(desk, 4);
    // Of one, only what is added on the wire makes it too large.
    const [first, , large, last] = messages as [Message, Message, Message, Message];
    const { sizeOnWire } = await answers();
    const room = maximum - sizeOnWire({ ...large, payload: "" });
    const fits = { ...first, payload: "°".repeat(Math.floor(room / 2)) };
    const tooLarge = { ...large, payload: `${"°".repeat(Math.floor(room / 2))}!!` };
    const all = [fits, ...messages.slice(1, 2), tooLarge, last];
    const client = await clientOf(desk, broker.url);
    const { store, sender, refused } = await senderOf(client, all);
    await settles("Sender", () => sender.wake());
    await broker.sees(
      (entry) => isSent(entry, last),
      () => waiting(desk, store),
    );
    await store.empty(() => waiting(desk, store));
    const expected = all.filter((message) => message !== tooLarge).map(({ id }) => id);
    const ids = broker.frames(sent("publish")).map(idOf);
    if (ids.join() === expected.join() && refused.join() === tooLarge.id) return;
    throw new Wrong({
      headline: "the broker's Maximum Packet Size is not kept to",
      expected: `${few(expected)} sent, onRefused for ${tooLarge.id}`,
      got: `${few(ids)} sent, onRefused for ${few(refused)}`,
      why: `more than ${maximum} bytes end the line, with reason 149, and so again after each new CONNECT [MQTT-3.2.2-15]`,
      wire: broker.frames(),
    });
  });

  check("Sender", "goes on when the broker refuses a message", async (desk) => {
    const messages = messagesOf(desk, 3);
    const [, bad] = messages as [Message, Message, Message];
    const broker = await playBroker(desk, {
      publish: (packet, line) => {
        if (String(packet.payload) !== bad.payload) return usual.publish(packet, line);
        line.send({ cmd: "puback", messageId: packet.messageId ?? 0, reasonCode: 135 });
      },
    });
    const client = await clientOf(desk, broker.url);
    const { store, sender, refused, told } = await senderOf(client, messages);
    await settles("Sender", () => sender.wake());
    const unheard = () =>
      new Wrong({
        headline: "nobody hears that the broker refused a message",
        expected: `onRefused for ${bad.id}, once`,
        got: few(refused),
        why: "PUBACK 135 means that this device may not publish here: somebody has to know",
        wire: broker.frames(),
      });
    await within(told, unheard);
    await store.empty(() => waiting(desk, store));
    if (refused.join() !== bad.id) throw unheard();
  });

  check("Sender", "hands the library nothing while there is no line", async (desk) => {
    const [dropped, kept] = messagesOf(desk, 2) as [Message, Message];
    const client = await desk.client("sensor", persistent);
    client.on("error", () => {});
    const { store, sender } = await senderOf(client, []);
    const back = desk.faults.arm({ do: "hold" }, sent("connect"));
    desk.atEnd(() => back.release());
    const offline = new Promise<void>((resolve) => client.once("offline", () => resolve()));
    client.stream.destroy();
    await within(offline, () => brokerGone("the line did not break"));
    await settles("Sender", async () => {
      for (const message of [dropped, kept]) {
        store.add(message);
        sender.wake();
      }
      // As an outbox does when it is full.
      store.remove(dropped.id);
    });
    back.release();
    await store.empty(
      () =>
        new Wrong({
          headline: "what waits is not sent when the line is back",
          expected: "→ CONNECT  ← CONNACK  → PUBLISH",
          got: `${store.pending().length} messages still wait`,
          why: "nobody calls wake when a line comes back: the client says so",
          wire: desk.frames(),
        }),
    );
    const ids = desk.frames(sent("publish")).map(idOf);
    if (!ids.includes(dropped.id)) return;
    throw new Wrong({
      headline: "a message was sent that the store had dropped",
      expected: kept.id,
      got: few(ids),
      why: "what you publish without a line, the library keeps in a memory of its own, that nothing bounds",
      wire: desk.frames(),
    });
  });

  check("Sender", "stops when what is on its way is acknowledged", async (desk) => {
    const [first, second, third] = messagesOf(desk, 3) as [Message, Message, Message];
    const client = await desk.client("sensor");
    const { store, sender } = await senderOf(client, [first, second]);
    const hold = () => desk.faults.arm({ do: "hold" }, received("puback"));
    const [one, other] = [hold(), hold()];
    desk.atEnd(() => {
      one.release();
      other.release();
    });
    await settles("Sender", () => sender.wake());
    await within(one.met, () => waiting(desk, store));
    let stopped = false;
    const stopping = sender.stop().then(() => {
      stopped = true;
    });
    stopping.catch(() => {});
    await roundTrip(desk);
    one.release();
    await within(other.met, () => waiting(desk, store));
    await roundTrip(desk);
    const early = stopped;
    store.add(third);
    await settles("Sender", () => sender.wake());
    other.release();
    await settles("Sender", () => stopping);
    await roundTrip(desk);
    const ids = desk.frames(sent("publish")).map(idOf);
    const expected = [first.id, second.id];
    if (!early && ids.join() === expected.join()) return;
    throw new Wrong({
      headline: early
        ? "stop does not wait for what is on its way"
        : "it sends although it is stopped",
      expected: `${few(expected)} are sent and acknowledged, then stop resolves, and nothing follows`,
      got: early ? "stop resolved before the last PUBACK" : few(ids),
      why: "who leaves too early sends everything again next time; who never stops sending never leaves",
      wire: desk.frames(),
    });
  });

  check("Sender", "stops when the line is gone, and keeps what was on its way", async (desk) => {
    const [message] = messagesOf(desk, 1) as [Message];
    const client = await desk.client("sensor");
    const { store, sender, refused } = await senderOf(client, [message]);
    const held = desk.faults.arm({ do: "hold" }, received("puback"));
    desk.atEnd(() => held.release());
    await settles("Sender", () => sender.wake());
    await within(held.met, () => waiting(desk, store));
    const stopping = settles("Sender", () => sender.stop());
    stopping.catch(() => {});
    const waited = store.has(message.id);
    client.stream.destroy();
    await stopping;
    // Now the library tells whoever waits for a PUBACK that the connection is closed.
    await client.endAsync(true);
    await roundTrip(desk);
    if (store.has(message.id) === waited && refused.length === 0) return;
    throw new Wrong({
      headline: "a message is given up because its line broke",
      expected: "it stays in the store, for the next line",
      got: refused.length > 0 ? `onRefused for ${few(refused)}` : "it is gone from the store",
      why: "only an error with a reason code is the broker's refusal; any other says that nobody knows",
      wire: desk.frames(),
    });
  });

  const senderOf = async (client: MqttClient, messages: readonly Message[]) => {
    const { Sender } = await answers();
    const store = new WatchedStore(messages);
    const refused: string[] = [];
    let tell = () => {};
    const told = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const sender = new Sender(client, store, ({ id }, reason) => {
      refused.push(reason ? id : `${id}, without a reason`);
      tell();
    });
    return { store, sender, refused, told };
  };

  const isSent = (entry: Entry, message: Message | undefined) =>
    sent("publish")(entry) && message !== undefined && payloadOf(entry) === message.payload;

  const clientOf = async (desk: Desk, url: string) => {
    const client = openDevice(desk, "sensor", url);
    await within(new Promise((resolve) => client.once("connect", resolve)), () =>
      brokerGone("no CONNACK"),
    );
    return client;
  };

  const accepted = (properties: object) =>
    ({ cmd: "connack", reasonCode: 0, sessionPresent: false, properties }) as const;

  const mark = (messageId: number): IPublishPacket => {
    const flags = { qos: 1, dup: false, retain: false } as const;
    return { cmd: "publish", topic: "mark", payload: "", messageId, ...flags };
  };

  const waiting = (desk: Desk, store: WatchedStore) =>
    new Wrong({
      headline: "messages are left that are never sent",
      expected: "all that waits is sent, and acknowledged",
      got: `${store.pending().length} still wait, the first is ${store.pending()[0]?.id ?? "gone"}`,
      why: "each PUBACK makes room for the next message, until none is left",
      wire: desk.frames().slice(-6),
    });
});

describe("consumeOnce", () => {
  check("consumeOnce", "handles a message once that comes again after a cut", async (desk) => {
    const { inbox, topic, start } = consumer(desk);
    await start();
    await subscribed(desk);
    const helper = await desk.helper("publisher");
    desk.faults.arm({ do: "cut", when: "before" }, sent("puback"));
    await publishWithId(helper, topic, "open", desk.name("id-1"));
    await copies(desk, "open", 2);
    await publishWithId(helper, topic, "last", desk.name("id-2"));
    await handled(inbox, "last", desk);
    once(desk, inbox, "open", "its PUBACK was lost, so it came again: only the id tells you");
  });

  check("consumeOnce", "handles nothing again that an earlier process handled", async (desk) => {
    const { inbox, topic, start } = consumer(desk);
    const first = await start();
    await subscribed(desk);
    const helper = await desk.helper("publisher");
    desk.faults.arm({ do: "cut", when: "before" }, sent("puback"));
    const dead = new Promise<void>((resolve) => {
      desk.faults.refuseNextConnection(() => {
        // It has handled the message and will never say so: its process is dead.
        first.end(true);
        resolve();
      });
    });
    await publishWithId(helper, topic, "open", desk.name("id-1"));
    await within(dead, () => brokerGone("the line was not cut"));
    await start();
    await copies(desk, "open", 2);
    await subscribed(desk, 2);
    // The SUBACK has arrived too, and what it leads to has happened: what waited is another check's.
    await roundTrip(desk);
    await publishWithId(helper, topic, "last", desk.name("id-2"));
    await handled(inbox, "last", desk);
    once(desk, inbox, "open", "the process that had handled it is gone, and its memory with it");
  });

  check("consumeOnce", "handles what waited for it", async (desk) => {
    const { inbox, topic, start } = consumer(desk);
    const session = await desk.helper("archive", persistent);
    await session.subscribeAsync(topic, { qos: 1 });
    await session.endAsync();
    const helper = await desk.helper("publisher");
    const texts = ["one", "two", "three", "four", "five"];
    for (const text of texts) await publishWithId(helper, topic, text, desk.name(text));
    await start();
    for (const text of texts) await handled(inbox, text, desk);
  });

  check("consumeOnce", "subscribes again where the broker has forgotten it", async (desk) => {
    const { inbox, topic, start } = consumer(desk);
    await start();
    await subscribed(desk);
    const back = desk.faults.arm({ do: "hold" }, sent("connect"));
    desk.atEnd(() => back.release());
    await cutAnyhow(desk, desk.id("archive"));
    await within(back.met, () => brokerGone("the line was not cut"));
    // A clean start ends the session, as the restart of a broker does that keeps nothing.
    await (await desk.helper("archive")).endAsync();
    back.release();
    const subscriptions = () => desk.frames(received("suback")).length;
    await desk.sees(
      () => subscriptions() > 1,
      () =>
        new Wrong({
          headline: "the device is connected, and deaf",
          expected: "← CONNACK without a session, then → SUBSCRIBE again",
          got: "no SUBSCRIBE on the new line",
          why: "a broker that was restarted may know nothing of your subscriptions: the CONNACK says so",
          wire: desk.frames(),
        }),
    );
    const helper = await desk.helper("publisher");
    await publishWithId(helper, topic, "open", desk.name("id-1"));
    await handled(inbox, "open", desk);
  });

  check("consumeOnce", "handles every message that has no id", async (desk) => {
    const { inbox, topic, start } = consumer(desk);
    await start();
    await subscribed(desk);
    const helper = await desk.helper("publisher");
    for (const text of ["one", "two"]) await helper.publishAsync(topic, text, { qos: 1 });
    await publishWithId(helper, topic, "last", desk.name("id-1"));
    await handled(inbox, "last", desk);
    for (const text of ["one", "two"]) await handled(inbox, text, desk);
  });

  check("consumeOnce", "remembers as many ids as it is told, and no more", async (desk) => {
    const { topic, start, file, inbox } = consumer(desk, 10);
    const helper = await desk.helper("publisher");
    const publishAll = async (ids: readonly string[]) => {
      await Promise.all(ids.map((id) => publishWithId(helper, topic, id, id)));
      await handled(inbox, ids.at(-1) ?? "", desk);
    };
    const idsOf = (base: string, count: number) =>
      Array.from({ length: count }, (_, number) => desk.name(`${base}-${number}`));
    // One that remembers more has left a history.
    const earlier = await start(100);
    await subscribed(desk);
    await publishAll(idsOf("earlier", 60));
    await within(earlier.endAsync(), () => brokerGone("its line does not end"));
    await start();
    await subscribed(desk, 2);
    await publishAll(idsOf("id", 300));
    const lines = readFileSync(file, "utf8").split("\n").length;
    if (lines > 100) {
      throw new Wrong({
        headline: "the list of ids grows for ever",
        expected: "the newest 10, and at most a few times that in the file",
        got: `${lines} lines after 300 messages`,
        why: "a device that runs for years handles millions of messages, and its disk is small",
      });
    }
    const again = (id: string) => publishWithId(helper, topic, `again ${id}`, id);
    const more = idsOf("more", 40);
    // At once, and so also when the file has just been written anew.
    for (const id of more) {
      await publishWithId(helper, topic, id, id);
      await again(id);
    }
    for (const id of more.slice(-10)) await again(id);
    await publishWithId(helper, topic, "last", desk.name("last"));
    await handled(inbox, "last", desk);
    const twice = inbox.values.filter((value) => String(value).startsWith("again"));
    if (twice.length === 0) return;
    throw new Wrong({
      headline: "it forgets ids that are among the newest",
      expected: "none of the newest 10 ids is handled again",
      got: few(twice),
      why: "what comes again comes soon: the newest ids are the ones that matter",
    });
  });

  /** The learner's consumer, ready to be started again and again under one client id and file. */
  const consumer = (desk: Desk, remember?: number) => {
    const inbox = new Inbox();
    const topic = prefixed(desk.name("commands"));
    const file = join(folderOf(desk), "handled.jsonl");
    const start = async (most = remember) => {
      const { consumeOnce } = await answers();
      const client = openDevice(desk, "archive");
      const take = (on: string, payload: Buffer) => inbox.take(on, String(payload));
      consumeOnce(client, topic, file, take, most);
      return client;
    };
    return { inbox, topic, file, start };
  };

  const subscribed = (desk: Desk, times = 1) =>
    desk.sees(
      () => desk.frames(received("suback")).length >= times,
      () =>
        new Wrong({
          headline: "there was no SUBSCRIBE",
          expected: "→ SUBSCRIBE with QoS 1",
          got: "none came",
          why: "the broker sends a client what it has subscribed to",
          wire: desk.frames(),
        }),
    );

  const copies = (desk: Desk, text: string, count: number) => {
    const isCopy = (frame: Frame) => received("publish")(frame) && payloadOf(frame) === text;
    return desk.sees(
      () => desk.frames(isCopy).length >= count,
      () => brokerGone(`it delivered ${desk.frames(isCopy).length} copies, not ${count}`),
    );
  };
  type Frame = ReturnType<Desk["frames"]>[number];

  const handled = (inbox: Inbox, text: string, desk: Desk) =>
    inbox.matching(
      (value) => value === text,
      () =>
        new Wrong({
          headline: "a message never reached the handler",
          expected: `handle(topic, "${text}")`,
          got: few(inbox.values),
          why: "it may come right behind the CONNACK, before anything else that you do; and what has no id may be new",
          wire: desk.frames((frame) => frame.type !== "pingreq").slice(-8),
        }),
    );

  const once = (desk: Desk, inbox: Inbox, text: string, why: string) => {
    const times = inbox.values.filter((value) => value === text).length;
    if (times === 1) return;
    throw new Wrong({
      headline: `one message was handled ${times} times`,
      expected: "1 call: both copies carry the same id",
      got: `${times} calls`,
      why,
      wire: desk.frames((frame) => frame.type === "publish" || frame.type === "puback"),
    });
  };

  /** Break this client's line with a message that is for it alone. */
  const cutAnyhow = async (desk: Desk, clientId: string) => {
    desk.faults.arm({ do: "cut", when: "before" }, received("publish", clientId));
    const helper = await desk.helper("cutter");
    await helper.publishAsync(prefixed(desk.name("commands")), "cut", { qos: 0 });
  };
});
