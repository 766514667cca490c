import { behaviour, type Lab, yesOrNo } from "../lab.ts";
import type { RawClient } from "../raw-client.ts";

/** Shared subscriptions: `$share/<group>/<filter>`. */
export const shared = [
  behaviour("CONNACK says that shared subscriptions are available", "yes", async (lab) => {
    const { connack } = await lab.client();
    return yesOrNo(connack.properties?.sharedSubscriptionAvailable !== false);
  }),
  behaviour("nine jobs for a group of three are spread", "3 3 3", async (lab) => {
    const workers = await group(lab, 3);
    await jobs(lab, 9);
    return (await Promise.all(workers.map((worker) => doneBy(lab, worker)))).join(" ");
  }),
  behaviour("an MQTT 3.1.1 client may be in a group", "yes", async (lab) => {
    const workers = [
      ...(await group(lab, 1)),
      ...(await group(lab, 1, { connect: { protocolVersion: 4 } })),
    ];
    await jobs(lab, 4);
    return yesOrNo(
      (await Promise.all(workers.map((worker) => doneBy(lab, worker)))).join(" ") === "2 2",
    );
  }),
  behaviour("of six jobs an ordinary subscriber sees", "6", async (lab) => {
    await group(lab, 2);
    const subscriber = await lab.subscriber({ filter: `${lab.topic}/jobs/#`, qos: 1 });
    await jobs(lab, 6);
    return `${await doneBy(lab, subscriber)}`;
  }),
  behaviour("of six jobs each of two groups gets", "6", async (lab) => {
    const [one] = await group(lab, 1, { name: "one" });
    const [two] = await group(lab, 1, { name: "two" });
    await jobs(lab, 6);
    const done = [one, two].map((worker) => worker && doneBy(lab, worker));
    return [...new Set(await Promise.all(done))].join(" and ");
  }),
  behaviour("a client that is in a group and subscribed gets", "both copies", async (lab) => {
    const [worker] = await group(lab, 1);
    await worker?.subscribe(`${lab.topic}/jobs/+`, { qos: 1 });
    await jobs(lab, 3);
    const done = worker && (await doneBy(lab, worker));
    return done === 6 ? "both copies" : `${done} of 6`;
  }),
  behaviour("a group gets retained messages", "no", async (lab) => {
    const publisher = await lab.client();
    await publisher.publish(`${lab.topic}/jobs/0`, "retained", { qos: 1, retain: true });
    const [worker] = await group(lab, 1);
    return worker && (await doneBy(lab, worker)) === 0 ? "no" : "yes";
  }),
  behaviour("when a member unsubscribes, the others get", "the rest", async (lab) => {
    const [stays, leaves] = await group(lab, 2);
    await leaves?.unsubscribe(shareOf(lab));
    await jobs(lab, 4);
    const done = await Promise.all([stays, leaves].map((worker) => worker && doneBy(lab, worker)));
    return done.join() === "4,0" ? "the rest" : done.join();
  }),
  behaviour("when a member's line is cut, the others get", "the rest", async (lab) => {
    const monitor = await lab.subscriber({ filter: `${lab.topic}/will` });
    const [stays] = await group(lab, 1);
    const will = { topic: `${lab.topic}/will`, payload: "x", qos: 0 as const, retain: false };
    const [dies] = await group(lab, 1, { connect: { will } });
    dies?.cut();
    await monitor.message();
    await jobs(lab, 4);
    const done = stays && (await doneBy(lab, stays));
    return done === 4 ? "the rest" : `${done} of 4`;
  }),
  behaviour("jobs for a group whose only session is absent are", "queued", async (lab) => {
    const connect = { properties: { sessionExpiryInterval: 30 } };
    const [away] = await group(lab, 1, { connect });
    await away?.disconnect();
    await jobs(lab, 3);
    const back = await lab.persistent({ clientId: away?.id ?? "", clean: false });
    return (await doneBy(lab, back)) === 3 ? "queued" : "lost";
  }),
  behaviour("a job comes with the group's subscription identifier", "7", async (lab) => {
    const worker = await lab.client();
    await worker.subscribe(shareOf(lab), { qos: 1 }, { subscriptionIdentifier: 7 });
    await jobs(lab, 1);
    return `${(await worker.message()).properties?.subscriptionIdentifier}`;
  }),
  behaviour("effective QoS in a group is min(published, granted)", "000 011 012", async (lab) => {
    const publisher = await lab.client();
    const rows: string[] = [];
    for (const published of [0, 1, 2] as const) {
      let row = "";
      for (const granted of [0, 1, 2] as const) {
        const worker = await lab.client();
        const topic = `${lab.topic}/${published}/${granted}`;
        await worker.subscribe(`$share/group/${topic}`, { qos: granted });
        await publisher.publish(topic, "x", { qos: published });
        row += (await worker.message()).qos;
      }
      rows.push(row);
    }
    return rows.join(" ");
  }),
  behaviour("$share/group/# gets topics that start with $", "no", async (lab) => {
    const worker = await lab.client();
    await worker.subscribe(`$share/${lab.topic}/#`, { qos: 0 });
    const publisher = await lab.client();
    await publisher.publish(`$lab/${lab.topic}`, "hidden");
    await publisher.publish(`lab/${lab.topic}`, `end of ${lab.topic}`);
    const before = await worker.messagesUntil(`end of ${lab.topic}`);
    return yesOrNo(before.some(({ topic }) => topic === `$lab/${lab.topic}`));
  }),
  behaviour("UNSUBSCRIBE from a group is answered with", "0, and again 17", async (lab) => {
    const [worker] = await group(lab, 1);
    const codes = await worker?.unsubscribe(shareOf(lab));
    return `${codes}, and again ${await worker?.unsubscribe(shareOf(lab))}`;
  }),
];

function shareOf(lab: Lab, name = "group"): string {
  return `$share/${name}/${lab.topic}/jobs/+`;
}

async function group(
  lab: Lab,
  size: number,
  options: { name?: string; connect?: Parameters<Lab["client"]>[0] } = {},
): Promise<RawClient[]> {
  const workers: RawClient[] = [];
  for (let i = 0; i < size; i++) {
    const worker = await lab.client(options.connect);
    await worker.subscribe(shareOf(lab, options.name), { qos: 1 });
    workers.push(worker);
  }
  return workers;
}

async function jobs(lab: Lab, count: number): Promise<void> {
  const publisher = await lab.client();
  for (let i = 0; i < count; i++) {
    await publisher.publish(`${lab.topic}/jobs/${i}`, `${i}`, { qos: 1 });
  }
}

/** How many messages came; all have, because a message to this worker alone comes after them. */
async function doneBy(lab: Lab, worker: RawClient): Promise<number> {
  const topic = `${lab.topic}/end/${worker.id}`;
  await worker.subscribe(topic, { qos: 1 });
  await (await lab.client()).publish(topic, "end", { qos: 1 });
  return (await worker.messagesUntil("end")).length;
}
