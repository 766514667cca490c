import type { IPublishPacket } from "mqtt-packet";
import { behaviour, type Lab, payloads, yesOrNo } from "../lab.ts";

/** MQTT 5: properties, limits, and reason codes. */
export const properties = [
  behaviour("Response Topic and Correlation Data are passed on", "yes", async (lab) => {
    const got = await throughBroker(lab, {
      responseTopic: `${lab.topic}/answers`,
      correlationData: Buffer.from([0, 255, 7]),
    });
    const isSame = got?.correlationData?.equals(Buffer.from([0, 255, 7])) ?? false;
    return yesOrNo(isSame && got?.responseTopic === `${lab.topic}/answers`);
  }),
  behaviour("user properties are passed on, repeated keys", "kept, in order", async (lab) => {
    const got = await throughBroker(lab, { userProperties: { room: ["b", "a", "b"], unit: "C" } });
    const { room, unit } = got?.userProperties ?? {};
    return `${room}` === "b,a,b" && unit === "C" ? "kept, in order" : JSON.stringify(got);
  }),
  behaviour("Content Type and Payload Format Indicator are passed on", "yes", async (lab) => {
    const got = await throughBroker(lab, {
      contentType: "application/json",
      payloadFormatIndicator: true,
    });
    return yesOrNo(got?.contentType === "application/json" && got.payloadFormatIndicator === true);
  }),
  behaviour("a message comes with its subscription's identifier", "7", async (lab) => {
    const subscriber = await lab.client();
    await subscriber.subscribe(`${lab.topic}/#`, {}, { subscriptionIdentifier: 7 });
    await (await lab.client()).publish(`${lab.topic}/a`, "x");
    return `${(await subscriber.message()).properties?.subscriptionIdentifier}`;
  }),
  behaviour("a retained message comes with the subscription's identifier", "7", async (lab) => {
    await (await lab.client()).publish(`${lab.topic}/a`, "x", { retain: true });
    const subscriber = await lab.client();
    await subscriber.subscribe(`${lab.topic}/#`, {}, { subscriptionIdentifier: 7 });
    return `${(await subscriber.message()).properties?.subscriptionIdentifier}`;
  }),
  behaviour("of two matching subscriptions the identifiers told are", "1 and 2", async (lab) => {
    const subscriber = await lab.client();
    await subscriber.subscribe(`${lab.topic}/#`, {}, { subscriptionIdentifier: 1 });
    await subscriber.subscribe(`${lab.topic}/a`, {}, { subscriptionIdentifier: 2 });
    await subscriber.subscribe(`${lab.topic}end`);
    const publisher = await lab.client();
    await publisher.publish(`${lab.topic}/a`, "x");
    await publisher.publish(`${lab.topic}end`, "end");
    const messages = await subscriber.messagesUntil("end");
    const identifiers = messages.flatMap((message) => message.properties?.subscriptionIdentifier);
    return identifiers.sort().join(" and ");
  }),
  behaviour("an empty client id", "is assigned one", async (lab) => {
    const { connack } = await lab.client({ clientId: "" });
    return connack.properties?.assignedClientIdentifier ? "is assigned one" : "stays empty";
  }),
  behaviour("CONNACK's Topic Alias Maximum", "10", async (lab) => {
    return `${(await lab.client()).connack.properties?.topicAliasMaximum}`;
  }),
  behaviour(
    "an alias alone stands for its topic",
    "yes, until the connection ends",
    async (lab) => {
      const subscriber = await lab.subscriber();
      const publisher = await lab.client();
      const alias = { properties: { topicAlias: 3 } };
      await publisher.publish(`${lab.topic}/a`, "first", alias);
      await publisher.publish("", "second", alias);
      const topics = [await subscriber.message(), await subscriber.message()].map((m) => m.topic);
      await publisher.disconnect();
      const back = await lab.client({ clientId: publisher.id });
      back.send(back.publishPacket("", "third", alias));
      await back.ended();
      const isSame = topics.every((topic) => topic === `${lab.topic}/a`);
      return isSame ? "yes, until the connection ends" : topics.join(", ");
    },
  ),
  behaviour(
    "an alias above the maximum ends the connection with",
    "DISCONNECT 148",
    async (lab) => {
      const client = await lab.client();
      client.send(client.publishPacket(lab.topic, "x", { properties: { topicAlias: 999 } }));
      return client.ended();
    },
  ),
  behaviour(
    "to a client with Receive Maximum 2, in flight at once",
    "2, then the rest",
    async (lab) => {
      const slow = await lab.client({ properties: { receiveMaximum: 2 } });
      await slow.subscribe(`${lab.topic}/#`, { qos: 1 });
      const publisher = await lab.client();
      for (const payload of ["1", "2", "3", "4"]) {
        await publisher.publish(`${lab.topic}/a`, payload, { qos: 1 });
      }
      // A QoS 0 message does not count, so it passes by the ones that are held back.
      await publisher.publish(`${lab.topic}/a`, "end");
      const inFlight: IPublishPacket[] = [];
      for (;;) {
        const packet = await slow.next("publish");
        if (packet.qos === 0) break;
        inFlight.push(packet);
      }
      for (const { messageId } of inFlight) slow.send({ cmd: "puback", messageId: messageId ?? 0 });
      const rest: IPublishPacket[] = [];
      while (inFlight.length + rest.length < 4) rest.push(await slow.message());
      const isAll = payloads([...inFlight, ...rest]) === "1, 2, 3, 4";
      return `${inFlight.length}, then ${isAll && rest.length > 0 ? "the rest" : payloads(rest)}`;
    },
  ),
  behaviour("a client's publish on a $SYS topic is answered with", "PUBACK 135", async (lab) => {
    const client = await lab.client();
    return `PUBACK ${await client.publish(`$SYS/${lab.topic}`, "x", { qos: 1 })}`;
  }),
  behaviour("a message over the client's Maximum Packet Size", "is left out", async (lab) => {
    const small = await lab.client({ properties: { maximumPacketSize: 100 } });
    await small.subscribe(`${lab.topic}/#`, { qos: 1 });
    const publisher = await lab.client();
    await publisher.publish(`${lab.topic}/a`, "x".repeat(200), { qos: 1 });
    await publisher.publish(`${lab.topic}/a`, "end", { qos: 1 });
    return (await small.messagesUntil("end")).length === 0 ? "is left out" : "is delivered";
  }),
  behaviour(
    "CONNECT with an unknown Authentication Method is answered with",
    "CONNACK 140",
    async (lab) => {
      const { connack } = await lab.client({
        properties: { authenticationMethod: "SCRAM-SHA-256" },
      });
      return `CONNACK ${connack.reasonCode}`;
    },
  ),
];

/** The properties that a message arrives with. */
async function throughBroker(
  lab: Lab,
  sent: NonNullable<IPublishPacket["properties"]>,
): Promise<IPublishPacket["properties"]> {
  const subscriber = await lab.subscriber({ qos: 1 });
  await (await lab.client()).publish(`${lab.topic}/a`, "x", { qos: 1, properties: sent });
  return (await subscriber.message()).properties;
}
