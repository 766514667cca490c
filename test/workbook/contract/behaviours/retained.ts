import { behaviour, payloads, yesOrNo } from "../lab.ts";

/** Retained messages and the subscription options that concern them. */
export const retained = [
  behaviour(
    "who subscribes later gets the retained message",
    "yes, flagged retained",
    async (lab) => {
      const publisher = await lab.client();
      await publisher.publish(`${lab.topic}/a`, "x", { qos: 1, retain: true });
      const { retain } = await (await lab.subscriber({ qos: 1 })).message();
      return retain ? "yes, flagged retained" : "yes, not flagged";
    },
  ),
  behaviour("who is subscribed gets the live copy", "not flagged retained", async (lab) => {
    const subscriber = await lab.subscriber();
    const publisher = await lab.client();
    await publisher.publish(`${lab.topic}/a`, "x", { retain: true });
    return (await subscriber.message()).retain ? "flagged retained" : "not flagged retained";
  }),
  behaviour("with retain-as-published the live copy is", "flagged retained", async (lab) => {
    const subscriber = await lab.client();
    await subscriber.subscribe(`${lab.topic}/#`, { rap: true });
    const publisher = await lab.client();
    await publisher.publish(`${lab.topic}/a`, "x", { retain: true });
    return (await subscriber.message()).retain ? "flagged retained" : "not flagged retained";
  }),
  behaviour("a second retained message on the topic", "replaces the first", async (lab) => {
    const publisher = await lab.client();
    await publisher.publish(`${lab.topic}/a`, "first", { retain: true });
    await publisher.publish(`${lab.topic}/a`, "second", { retain: true });
    const subscriber = await lab.subscriber();
    await publisher.publish(`${lab.topic}/b`, "end");
    const got = payloads(await subscriber.messagesUntil("end"));
    return got === "second" ? "replaces the first" : got;
  }),
  behaviour("an empty retained payload", "clears the topic", async (lab) => {
    const publisher = await lab.client();
    await publisher.publish(`${lab.topic}/a`, "x", { qos: 1, retain: true });
    await publisher.publish(`${lab.topic}/a`, "", { qos: 1, retain: true });
    const subscriber = await lab.subscriber();
    await publisher.publish(`${lab.topic}/b`, "end");
    const got = payloads(await subscriber.messagesUntil("end"));
    return got === "nothing" ? "clears the topic" : got;
  }),
  behaviour("who is subscribed sees a topic being cleared", "an empty message", async (lab) => {
    const publisher = await lab.client();
    await publisher.publish(`${lab.topic}/a`, "x", { retain: true });
    const subscriber = await lab.client();
    await subscriber.subscribe(`${lab.topic}/#`, { rh: 2 });
    await publisher.publish(`${lab.topic}/a`, "", { retain: true });
    const { payload } = await subscriber.message();
    return payload.length === 0 ? "an empty message" : payload.toString();
  }),
  behaviour("a retained message comes with its properties", "yes", async (lab) => {
    const publisher = await lab.client();
    const properties = { contentType: "text/plain", userProperties: { unit: "C" } };
    await publisher.publish(`${lab.topic}/a`, "x", { retain: true, properties });
    const got = (await (await lab.subscriber()).message()).properties;
    return yesOrNo(got?.contentType === "text/plain" && got.userProperties?.unit === "C");
  }),
  ...(
    [
      [0, "each time"],
      [1, "the first time"],
      [2, "never"],
    ] as const
  ).map(([rh, expected]) =>
    behaviour(`retain handling ${rh} sends retained messages`, expected, async (lab) => {
      const publisher = await lab.client();
      await publisher.publish(`${lab.topic}/a`, "x", { retain: true });
      const subscriber = await lab.client();
      const counts: number[] = [];
      for (const marker of ["first", "second"]) {
        await subscriber.subscribe(`${lab.topic}/#`, { rh });
        await publisher.publish(`${lab.topic}/b`, marker);
        counts.push((await subscriber.messagesUntil(marker)).length);
      }
      const words = { "1 1": "each time", "1 0": "the first time", "0 0": "never" };
      return words[counts.join(" ") as keyof typeof words] ?? counts.join(" ");
    }),
  ),
  behaviour("with no-local a client gets its own messages", "no", async (lab) => {
    const client = await lab.client();
    await client.subscribe(`${lab.topic}/#`, { nl: true });
    await client.publish(`${lab.topic}/a`, "own");
    const other = await lab.client();
    await other.publish(`${lab.topic}/a`, "end");
    return yesOrNo(payloads(await client.messagesUntil("end")) === "own");
  }),
];
