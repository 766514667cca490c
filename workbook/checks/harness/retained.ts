import type { IPublishPacket } from "mqtt";
import { prefixed } from "../../telemetry.ts";
import { within } from "./deadline.ts";
import { brokerGone, type Desk } from "./desk.ts";

let watchers = 0;

/** What the broker keeps under this topic, as somebody who subscribes now receives it, if anything. */
export async function keptOn(desk: Desk, topic: string): Promise<IPublishPacket | undefined> {
  const watcher = await desk.helper(`watcher${++watchers}`);
  const marker = prefixed(desk.name("marker"));
  const first = new Promise<IPublishPacket>((resolve) => {
    watcher.once("message", (_topic, _payload, packet) => resolve(packet));
  });
  await watcher.subscribeAsync([topic, marker], { qos: 1 });
  // What is kept comes right behind the SUBACK, so before anything that is published after it.
  await watcher.publishAsync(marker, "", { qos: 1 });
  const packet = await within(first, () =>
    brokerGone("it did not deliver the check's own message"),
  );
  return packet.topic === marker ? undefined : packet;
}

/**
 * When the check is over, clear whatever it and the answer have left with the broker: under these
 * topics, and under all that were seen on the wire, wills included. Call it first: what is asked for
 * later is done earlier, and clients that are still open have wills.
 */
export async function clearAtEnd(desk: Desk, ...topics: string[]): Promise<void> {
  const helper = await desk.helper("sweeper");
  desk.atEnd(async () => {
    const all = new Set([...topics, ...retainedTopics(desk)]);
    const cleared = Promise.all(
      [...all].map((topic) => helper.publishAsync(topic, "", { qos: 1, retain: true })),
    );
    // A wrong answer's topic may be none that the broker takes. It has had its verdict.
    await within(cleared, () => new Error("not cleared")).catch(() => {});
  });
}

function retainedTopics(desk: Desk): string[] {
  return desk.frames().flatMap(({ packet, direction }) => {
    if (direction !== "to-broker") return [];
    if (packet?.cmd === "connect" && packet.will?.retain) return [packet.will.topic];
    return packet?.cmd === "publish" && packet.retain ? [packet.topic] : [];
  });
}
