// Kills: consumeOnce: handles a message once that comes again after a cut
// Handles whatever comes.
import type { IPublishPacket, MqttClient } from "mqtt";
import * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export function consumeOnce(
  client: MqttClient,
  filter: string,
  file: string,
  handle: (topic: string, payload: Buffer, id: string | undefined) => void,
  remember = 10_000,
): void {
  const journal = new right.Journal<string>(file);
  const handled = new Set(journal.found);
  let lines = handled.size;
  const onMessage = (topic: string, payload: Buffer, { properties }: IPublishPacket) => {
    const id = properties?.userProperties?.["message-id"]?.toString();
    handle(topic, payload, id);
    if (id === undefined) return;
    handled.add(id);
    journal.append(id);
    if (++lines < 2 * remember) return;
    const newest = [...handled].slice(-remember);
    handled.clear();
    for (const each of newest) handled.add(each);
    journal.replace(newest);
    lines = newest.length;
  };
  client.on("message", onMessage);
  client.subscribe(filter, { qos: 1 });
}
