import { setTimeout as sleep } from "node:timers/promises";
import type { IPublishPacket } from "mqtt-packet";
import { behaviour, copies, payloads } from "../lab.ts";
import type { RawClient } from "../raw-client.ts";

/**
 * Longer than an interval of one second, by the second that a broker which counts in whole seconds
 * may add. No event tells that something has expired, so this is the one wait for time.
 */
export const afterOneSecond = () => sleep(2200);

/** Sessions, what they queue, how long they and their messages last, and what is sent again. */
export const sessions = [
  behaviour("a session keeps for an absent client", "QoS 1 and 2", async (lab) => {
    const away = await lab.persistent();
    await away.subscribe(`${lab.topic}/#`, { qos: 2 });
    await away.disconnect();
    const publisher = await lab.client();
    for (const qos of [0, 1, 2] as const) {
      await publisher.publish(`${lab.topic}/a`, `QoS ${qos}`, { qos });
    }
    await publisher.publish(`${lab.topic}/a`, "end", { qos: 1 });
    const back = await lab.resume(away);
    return payloads(await back.messagesUntil("end")).replace("QoS 1, QoS 2", "QoS 1 and 2");
  }),
  behaviour("20 queued messages arrive", "all, in order", async (lab) => {
    const away = await lab.persistent();
    await away.subscribe(`${lab.topic}/#`, { qos: 1 });
    await away.disconnect();
    const publisher = await lab.client();
    const sent = Array.from({ length: 20 }, (_, i) => `${i}`);
    for (const payload of sent) await publisher.publish(`${lab.topic}/a`, payload, { qos: 1 });
    await publisher.publish(`${lab.topic}/a`, "end", { qos: 1 });
    const got = payloads(await (await lab.resume(away)).messagesUntil("end"));
    return got === sent.join(", ") ? "all, in order" : got;
  }),
  behaviour("a resumed session says", "session present", async (lab) => {
    const away = await lab.persistent();
    await away.subscribe(lab.topic);
    await away.disconnect();
    return present(await lab.resume(away));
  }),
  behaviour("a resumed session without subscriptions says", "session present", async (lab) => {
    const away = await lab.persistent();
    await away.disconnect();
    return present(await lab.resume(away));
  }),
  behaviour(
    "Clean Start on an existing session says",
    "no session, nothing queued",
    async (lab) => {
      const away = await lab.persistent();
      await away.subscribe(`${lab.topic}/#`, { qos: 1 });
      await away.disconnect();
      await (await lab.client()).publish(`${lab.topic}/a`, "x", { qos: 1 });
      const back = await lab.persistent({ clientId: away.id, clean: true });
      await back.subscribe(`${lab.topic}/#`, { qos: 1 });
      await back.publish(`${lab.topic}/a`, "end", { qos: 1 });
      const queued = payloads(await back.messagesUntil("end"));
      return `${present(back)}, ${queued} queued`;
    },
  ),
  behaviour(
    "without a Session Expiry Interval the session",
    "ends with the connection",
    async (lab) => {
      const first = await lab.subscriber();
      await first.disconnect();
      const back = present(await lab.resume(first));
      return back === "no session" ? "ends with the connection" : back;
    },
  ),
  behaviour("a DISCONNECT with Session Expiry Interval 0", "ends the session", async (lab) => {
    const first = await lab.persistent();
    await first.subscribe(lab.topic);
    await first.disconnect(0, { sessionExpiryInterval: 0 });
    const back = present(await lab.resume(first));
    return back === "no session" ? "ends the session" : back;
  }),
  behaviour("a session after its Session Expiry Interval", "is gone", async (lab) => {
    const first = await lab.persistent({}, 1);
    await first.subscribe(lab.topic);
    await first.disconnect();
    await afterOneSecond();
    const back = present(await lab.resume(first));
    return back === "no session" ? "is gone" : back;
  }),
  behaviour(
    "a session resumed for this connection alone delivers",
    "what was queued",
    async (lab) => {
      const away = await lab.persistent();
      await away.subscribe(`${lab.topic}/#`, { qos: 1 });
      await away.disconnect();
      const publisher = await lab.client();
      await publisher.publish(`${lab.topic}/a`, "x", { qos: 1 });
      const back = await lab.client({ clientId: away.id, clean: false });
      await publisher.publish(`${lab.topic}/a`, "end", { qos: 1 });
      const got = payloads(await back.messagesUntil("end"));
      return got === "x" ? "what was queued" : got;
    },
  ),
  behaviour(
    "a 3.1.1 session without Clean Session keeps for an absent client",
    "QoS 1",
    async (lab) => {
      const away = await lab.client({ protocolVersion: 4, clean: false });
      await away.subscribe(`${lab.topic}/#`, { qos: 1 });
      await away.disconnect();
      const publisher = await lab.client();
      for (const qos of [0, 1] as const) {
        await publisher.publish(`${lab.topic}/a`, `QoS ${qos}`, { qos });
      }
      await publisher.publish(`${lab.topic}/a`, "end", { qos: 1 });
      const back = await lab.client({ protocolVersion: 4, clean: false, clientId: away.id });
      const got = payloads(await back.messagesUntil("end"));
      await back.unsubscribe(`${lab.topic}/#`);
      return got;
    },
  ),
  behaviour(
    "of two queued messages, one expired, arrive",
    "the other, its interval reduced",
    async (lab) => {
      const away = await lab.persistent();
      await away.subscribe(`${lab.topic}/#`, { qos: 1 });
      await away.disconnect();
      const publisher = await lab.client();
      for (const seconds of [1, 60]) {
        const properties = { messageExpiryInterval: seconds };
        await publisher.publish(`${lab.topic}/a`, `${seconds}`, { qos: 1, properties });
      }
      await afterOneSecond();
      const back = await lab.resume(away);
      await publisher.publish(`${lab.topic}/a`, "end", { qos: 1 });
      return reduced(await back.messagesUntil("end"));
    },
  ),
  behaviour(
    "of two retained messages, one expired, arrive",
    "the other, its interval reduced",
    async (lab) => {
      const publisher = await lab.client();
      for (const seconds of [1, 60]) {
        const properties = { messageExpiryInterval: seconds };
        await publisher.publish(`${lab.topic}/${seconds}`, `${seconds}`, {
          retain: true,
          properties,
        });
      }
      await afterOneSecond();
      const late = await lab.subscriber();
      await publisher.publish(`${lab.topic}/a`, "end");
      return reduced(await late.messagesUntil("end"));
    },
  ),
  behaviour(
    "a QoS 1 message not acknowledged before a cut comes again",
    "DUP 1, same packet identifier",
    async (lab) => {
      const receiver = await lab.persistent();
      await receiver.subscribe(`${lab.topic}/#`, { qos: 1 });
      await (await lab.client()).publish(`${lab.topic}/a`, "x", { qos: 1 });
      const first = await receiver.next("publish");
      receiver.cut();
      const again = await (await lab.resume(receiver)).next("publish");
      const same = first.messageId === again.messageId ? "same" : "another";
      return `DUP ${Number(again.dup)}, ${same} packet identifier`;
    },
  ),
  behaviour(
    "a QoS 2 message cut off before PUBREC comes again",
    "DUP 1, same packet identifier",
    async (lab) => {
      const receiver = await lab.persistent();
      await receiver.subscribe(`${lab.topic}/#`, { qos: 2 });
      await (await lab.client()).publish(`${lab.topic}/a`, "x", { qos: 2 });
      const first = await receiver.next("publish");
      receiver.cut();
      const again = await (await lab.resume(receiver)).next("publish");
      const same = first.messageId === again.messageId ? "same" : "another";
      return `DUP ${Number(again.dup)}, ${same} packet identifier`;
    },
  ),
  behaviour("a QoS 2 message cut off before PUBCOMP goes on with", "PUBREL", async (lab) => {
    const receiver = await lab.persistent();
    await receiver.subscribe(`${lab.topic}/#`, { qos: 2 });
    await (await lab.client()).publish(`${lab.topic}/a`, "x", { qos: 2 });
    const { messageId = 0 } = await receiver.next("publish");
    receiver.send({ cmd: "pubrec", messageId });
    await receiver.next("pubrel");
    receiver.cut();
    const again = await (await lab.resume(receiver)).next("publish", "pubrel");
    return again.cmd.toUpperCase();
  }),
  behaviour(
    "a client's QoS 1 message sent again after a cut is delivered in",
    "2 copies",
    async (lab) => {
      const subscriber = await lab.subscriber({ qos: 1 });
      const publisher = await lab.persistent();
      const packet = publisher.publishPacket(`${lab.topic}/a`, "x", { qos: 1 });
      publisher.send(packet);
      await publisher.next("puback");
      publisher.cut();
      const back = await lab.resume(publisher);
      back.send({ ...packet, dup: true });
      await back.next("puback");
      await back.publish(`${lab.topic}/a`, "end", { qos: 1 });
      return copies(await subscriber.messagesUntil("end"));
    },
  ),
  behaviour(
    "a client's QoS 2 message sent again after a cut is delivered in",
    "1 copy",
    async (lab) => {
      const subscriber = await lab.subscriber({ qos: 2 });
      const publisher = await lab.persistent();
      const packet = publisher.publishPacket(`${lab.topic}/a`, "x", { qos: 2 });
      publisher.send(packet);
      await publisher.next("pubrec");
      publisher.cut();
      const back = await lab.resume(publisher);
      back.send({ ...packet, dup: true });
      await back.next("pubrec");
      back.send({ cmd: "pubrel", messageId: packet.messageId ?? 0 });
      await back.next("pubcomp");
      await (await lab.client()).publish(`${lab.topic}/a`, "end", { qos: 2 });
      return copies(await subscriber.messagesUntil("end"));
    },
  ),
  behaviour("a client's PUBREL sent again after a cut is answered with", "PUBCOMP", async (lab) => {
    const publisher = await lab.persistent();
    const packet = publisher.publishPacket(`${lab.topic}/a`, "x", { qos: 2 });
    publisher.send(packet);
    await publisher.next("pubrec");
    publisher.send({ cmd: "pubrel", messageId: packet.messageId ?? 0 });
    await publisher.next("pubcomp");
    publisher.cut();
    const back = await lab.resume(publisher);
    back.send({ cmd: "pubrel", messageId: packet.messageId ?? 0 });
    return (await back.next("pubcomp")).cmd.toUpperCase();
  }),
];

function present(client: RawClient): string {
  return client.connack.sessionPresent ? "session present" : "no session";
}

function reduced(messages: readonly IPublishPacket[]): string {
  const left = messages[0]?.properties?.messageExpiryInterval ?? 0;
  const isReduced = payloads(messages) === "60" && left > 0 && left < 60;
  return isReduced ? "the other, its interval reduced" : `${payloads(messages)}, ${left} s left`;
}
