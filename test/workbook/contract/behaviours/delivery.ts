import { behaviour, copies, type Lab, payloads, yesOrNo } from "../lab.ts";

/** Publishing, subscribing, matching, and the three QoS levels. */
export const delivery = [
  behaviour("a QoS 0 PUBLISH is answered with", "nothing", async (lab) => {
    const client = await lab.client();
    client.send(client.publishPacket(lab.topic, "x"));
    client.send({ cmd: "pingreq" });
    const answer = await client.next("puback", "pubrec", "pingresp");
    return answer.cmd === "pingresp" ? "nothing" : answer.cmd.toUpperCase();
  }),
  behaviour("a QoS 1 PUBLISH is answered with", "PUBACK", async (lab) => {
    const client = await lab.client();
    client.send(client.publishPacket(lab.topic, "x", { qos: 1 }));
    return (await client.next("puback", "pubrec")).cmd.toUpperCase();
  }),
  behaviour("a QoS 2 PUBLISH is answered with", "PUBREC, PUBCOMP", async (lab) => {
    const client = await lab.client();
    const packet = client.publishPacket(lab.topic, "x", { qos: 2 });
    client.send(packet);
    const first = await client.next("puback", "pubrec");
    client.send({ cmd: "pubrel", messageId: packet.messageId ?? 0 });
    const second = await client.next("pubcomp");
    return `${first.cmd}, ${second.cmd}`.toUpperCase();
  }),
  behaviour("a QoS 2 delivery takes", "PUBLISH, PUBREL", async (lab) => {
    const subscriber = await lab.subscriber({ qos: 2 });
    const publisher = await lab.client();
    await publisher.publish(`${lab.topic}/a`, "x", { qos: 2 });
    const publish = await subscriber.next("publish");
    subscriber.send({ cmd: "pubrec", messageId: publish.messageId ?? 0 });
    const pubrel = await subscriber.next("pubrel");
    return publish.messageId === pubrel.messageId ? "PUBLISH, PUBREL" : "two packet identifiers";
  }),
  behaviour("what its publisher sends with DUP arrives with", "DUP 0", async (lab) => {
    const subscriber = await lab.subscriber({ qos: 1 });
    const publisher = await lab.client();
    publisher.send({ ...publisher.publishPacket(`${lab.topic}/a`, "x", { qos: 1 }), dup: true });
    return `DUP ${Number((await subscriber.message()).dup)}`;
  }),
  behaviour("effective QoS is min(published, granted)", "000 011 012", (lab) =>
    effectiveQos(lab, (topic) => topic),
  ),
  behaviour("effective QoS through a wildcard", "000 011 012", (lab) =>
    effectiveQos(lab, (topic) => `${topic}/#`),
  ),
  behaviour("a publish that matches nothing is answered with", "reason 16", async (lab) => {
    const client = await lab.client();
    // Even a subscription to # elsewhere does not match a topic that starts with $.
    return `reason ${await client.publish(`$lab/${lab.topic}`, "x", { qos: 1 })}`;
  }),
  behaviour("100 messages of QoS 1 from one client arrive", "all, in order", async (lab) => {
    const subscriber = await lab.subscriber({ qos: 1 });
    const publisher = await lab.client();
    const sent = Array.from({ length: 100 }, (_, i) => `${i}`);
    const packets = [...sent, "end"].map((payload) =>
      publisher.publishPacket(`${lab.topic}/a`, payload, { qos: 1 }),
    );
    publisher.write(Buffer.concat(packets.map((packet) => publisher.encode(packet))));
    const got = (await subscriber.messagesUntil("end")).map(({ payload }) => payload.toString());
    return got.join() === sent.join() ? "all, in order" : `${got.length}, or not in order`;
  }),
  behaviour(
    "two QoS 2 messages in one segment, the first retained, arrive",
    "both",
    async (lab) => {
      const subscriber = await lab.subscriber({ qos: 2 });
      const publisher = await lab.client();
      const first = publisher.publishPacket(`${lab.topic}/a`, "first", { qos: 2, retain: true });
      const second = publisher.publishPacket(`${lab.topic}/b`, "second", { qos: 2 });
      publisher.write(Buffer.concat([publisher.encode(first), publisher.encode(second)]));
      await publisher.next("pubrec");
      await publisher.next("pubrec");
      for (const { messageId } of [first, second]) {
        publisher.send({ cmd: "pubrel", messageId: messageId ?? 0 });
        await publisher.next("pubcomp");
      }
      await publisher.publish(`${lab.topic}/c`, "end", { qos: 2 });
      const got = payloads(await subscriber.messagesUntil("end"));
      return got === "first, second" || got === "second, first" ? "both" : got;
    },
  ),
  behaviour("a payload of 256 KiB passes", "yes", async (lab) => {
    const subscriber = await lab.subscriber();
    const publisher = await lab.client();
    const payload = "0123456789abcdef".repeat(16 * 1024);
    await publisher.publish(`${lab.topic}/a`, payload);
    return yesOrNo((await subscriber.message()).payload.toString() === payload);
  }),
  behaviour("an MQTT 3.1.1 client gets an MQTT 5 client's message", "yes", async (lab) => {
    const subscriber = await lab.subscriber({ qos: 1, connect: { protocolVersion: 4 } });
    const publisher = await lab.client();
    const properties = { userProperties: { unit: "C" }, contentType: "text/plain" };
    await publisher.publish(`${lab.topic}/a`, "x", { qos: 1, properties });
    return yesOrNo((await subscriber.message()).payload.toString() === "x");
  }),
  behaviour("an MQTT 5 client gets an MQTT 3.1.1 client's message", "yes", async (lab) => {
    const subscriber = await lab.subscriber({ qos: 2 });
    const publisher = await lab.client({ protocolVersion: 4 });
    await publisher.publish(`${lab.topic}/a`, "x", { qos: 2 });
    return yesOrNo((await subscriber.message()).payload.toString() === "x");
  }),
  behaviour("a/+/c matches", "a/b/c, a//c", (lab) =>
    matches(lab, "a/+/c", ["a/b/c", "a/c", "a/b/b/c", "a//c", "a/b/c/d", "A/b/c"]),
  ),
  behaviour("a/# matches", "a, a/b, a/b/c, a/", (lab) =>
    matches(lab, "a/#", ["a", "a/b", "a/b/c", "a/", "ab", "/a"]),
  ),
  behaviour("topics that start with $ are hidden from # and +", "yes", async (lab) => {
    const subscriber = await lab.client();
    await subscriber.subscribe(["#", `+/${lab.topic}`]);
    const publisher = await lab.client();
    await publisher.publish(`$lab/${lab.topic}`, "hidden");
    await publisher.publish(`lab/${lab.topic}`, `end of ${lab.topic}`);
    const before = await subscriber.messagesUntil(`end of ${lab.topic}`);
    return yesOrNo(!before.some(({ topic }) => topic === `$lab/${lab.topic}`));
  }),
  behaviour("a client may publish on a $-topic of its own", "yes", async (lab) => {
    const subscriber = await lab.subscriber({ filter: `$lab/${lab.topic}` });
    const publisher = await lab.client();
    await publisher.publish(`$lab/${lab.topic}`, "x");
    return yesOrNo((await subscriber.message()).payload.toString() === "x");
  }),
  behaviour("$SYS/broker/version is published", "yes", async (lab) => {
    const subscriber = await lab.client();
    await subscriber.subscribe("$SYS/broker/version");
    await subscriber.subscribe(lab.topic);
    await subscriber.publish(lab.topic, "end");
    return yesOrNo((await subscriber.messagesUntil("end")).length === 1);
  }),
  behaviour("two overlapping filters of one client deliver", "2 copies", async (lab) => {
    const subscriber = await lab.subscriber();
    await subscriber.subscribe(`${lab.topic}/+`);
    const publisher = await lab.client();
    await publisher.publish(`${lab.topic}/a`, "x");
    await publisher.publish(`${lab.topic}/end/of/it`, "end");
    return copies(await subscriber.messagesUntil("end"));
  }),
  behaviour("the same filter again replaces the subscription", "1 copy, QoS 1", async (lab) => {
    const subscriber = await lab.subscriber({ qos: 0 });
    await subscriber.subscribe(`${lab.topic}/#`, { qos: 1 });
    const publisher = await lab.client();
    await publisher.publish(`${lab.topic}/a`, "x", { qos: 1 });
    await publisher.publish(`${lab.topic}/a`, "end", { qos: 1 });
    const got = await subscriber.messagesUntil("end");
    return `${copies(got)}, QoS ${got[0]?.qos}`;
  }),
  behaviour("UNSUBSCRIBE is answered with, and then arrives", "0 17, nothing", async (lab) => {
    const subscriber = await lab.subscriber();
    await subscriber.subscribe(`${lab.topic}end`);
    const codes = await subscriber.unsubscribe(`${lab.topic}/#`, `${lab.topic}/never`);
    const publisher = await lab.client();
    await publisher.publish(`${lab.topic}/a`, "x");
    await publisher.publish(`${lab.topic}end`, "end");
    return `${codes.join(" ")}, ${payloads(await subscriber.messagesUntil("end"))}`;
  }),
  behaviour("a wildcard in the topic of a PUBLISH", "ends in a DISCONNECT", async (lab) => {
    const client = await lab.client();
    client.send(client.publishPacket(`${lab.topic}/+`, "x"));
    // Which reason, 129 or 130, differs from version to version.
    const ended = await client.ended();
    return ended.startsWith("DISCONNECT") ? "ends in a DISCONNECT" : ended;
  }),
  behaviour("a malformed filter in SUBSCRIBE", "ends in a DISCONNECT", async (lab) => {
    const client = await lab.client();
    client.send({
      cmd: "subscribe",
      messageId: client.nextId(),
      subscriptions: [{ topic: `${lab.topic}/a#`, qos: 0 }],
    });
    // Which reason, 129 or 130, differs from version to version.
    const ended = await client.ended();
    return ended.startsWith("DISCONNECT") ? "ends in a DISCONNECT" : ended;
  }),
];

/** One row per published level, one column per subscribed level. */
async function effectiveQos(lab: Lab, filterOf: (topic: string) => string): Promise<string> {
  const publisher = await lab.client();
  const levels = [0, 1, 2] as const;
  const rows = levels.map(async (published) => {
    const row = levels.map(async (subscribed) => {
      const topic = `${lab.topic}/${published}/${subscribed}`;
      const subscriber = await lab.subscriber({ filter: filterOf(topic), qos: subscribed });
      await publisher.publish(topic, "x", { qos: published });
      return (await subscriber.message()).qos;
    });
    return (await Promise.all(row)).join("");
  });
  return (await Promise.all(rows)).join(" ");
}

/** Which of the topics the filter matches, by what arrives. Both stand under the lab's own topic. */
async function matches(lab: Lab, filter: string, topics: readonly string[]): Promise<string> {
  const subscriber = await lab.client();
  await subscriber.subscribe([`${lab.topic}/${filter}`, `${lab.topic}end`]);
  const publisher = await lab.client();
  for (const topic of topics) await publisher.publish(`${lab.topic}/${topic}`, topic);
  await publisher.publish(`${lab.topic}end`, "end");
  return payloads(await subscriber.messagesUntil("end"));
}
