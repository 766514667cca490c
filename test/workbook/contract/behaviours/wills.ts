import { behaviour, type Lab, payloads, yesOrNo } from "../lab.ts";

/** Wills, and what ends a connection. */
export const wills = [
  behaviour("the will after a cut", "is published", async (lab) => {
    const monitor = await lab.subscriber({ qos: 1 });
    const device = await lab.client({ will: will(lab) });
    device.cut();
    return payloads([await monitor.message()]) === "will" ? "is published" : "something else";
  }),
  behaviour("the will after DISCONNECT 0", "is not published", (lab) => afterDisconnect(lab, 0)),
  behaviour("the will after DISCONNECT 4", "is published", (lab) => afterDisconnect(lab, 4)),
  behaviour("a retained will with properties, for who comes later", "yes", async (lab) => {
    const monitor = await lab.subscriber();
    const properties = { contentType: "text/plain", userProperties: { cause: "cut" } };
    const device = await lab.client({ will: { ...will(lab), retain: true, properties } });
    device.cut();
    await monitor.message();
    const late = await (await lab.subscriber()).message();
    const { contentType, userProperties } = late.properties ?? {};
    return yesOrNo(late.retain && contentType === "text/plain" && userProperties?.cause === "cut");
  }),
  behaviour(
    "a second client with the same id ends the first with",
    "DISCONNECT 142",
    async (lab) => {
      const first = await lab.client();
      await lab.client({ clientId: first.id });
      return first.ended();
    },
  ),
  behaviour("the will of a client whose session is taken over", "is published", async (lab) => {
    const monitor = await lab.subscriber();
    const first = await lab.client({ will: will(lab) });
    await lab.client({ clientId: first.id });
    return payloads([await monitor.message()]) === "will" ? "is published" : "something else";
  }),
  behaviour("a will with a delay comes", "after the delay", async (lab) => {
    const monitor = await lab.subscriber();
    const device = await delayed(lab, 1);
    device.cut();
    const started = performance.now();
    await monitor.message();
    return performance.now() - started > 500 ? "after the delay" : "at once";
  }),
  behaviour(
    "the delayed will of a client that is back in time",
    "is not published",
    async (lab) => {
      const monitor = await lab.subscriber();
      const delay = await comeBackInTime(lab);
      // Another client's will is the clock: with a longer delay, it comes after the one in question.
      const clock = await delayed(lab, delay + 2, "end");
      clock.cut();
      const before = payloads(await monitor.messagesUntil("end"));
      return before.includes(`after ${delay} s`) ? "is published" : "is not published";
    },
  ),
];

function will(lab: Lab, payload = "will") {
  return { topic: `${lab.topic}/will`, payload, qos: 1 as const, retain: false };
}

/** On a machine that is busy it takes more than one attempt. Returns the delay that was long enough. */
async function comeBackInTime(lab: Lab): Promise<number> {
  for (let delay = 1; ; delay *= 2) {
    const device = await delayed(lab, delay, `after ${delay} s`);
    const left = performance.now();
    device.cut();
    await lab.resume(device);
    if (performance.now() - left < delay * 500) return delay;
  }
}

function delayed(lab: Lab, seconds: number, payload?: string) {
  return lab.persistent({
    will: { ...will(lab, payload), properties: { willDelayInterval: seconds } },
  });
}

async function afterDisconnect(lab: Lab, reasonCode: number): Promise<string> {
  const monitor = await lab.subscriber({ qos: 1 });
  const device = await lab.client({ will: will(lab) });
  await device.disconnect(reasonCode);
  await (await lab.client()).publish(`${lab.topic}/a`, "end", { qos: 1 });
  const before = payloads(await monitor.messagesUntil("end"));
  return before === "nothing" ? "is not published" : "is published";
}
