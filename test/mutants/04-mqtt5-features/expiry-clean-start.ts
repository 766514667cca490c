// Kills: demonstrateMessageExpiry: has the long-lived message wait for who is away
// It comes back with a clean start: whatever waited is gone. What is retained hides that.
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import {
  connect,
  connectAsync,
  type IClientOptions,
  type IPublishPacket,
  type MqttClient,
} from "mqtt";
import type { Arrival, ExpiryReport } from "../../../solutions/04-mqtt5-features.ts";
import { prefixed } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function demonstrateMessageExpiry(
  brokerUrl: string,
  shortLife: number,
  longLife: number,
): Promise<ExpiryReport> {
  for (const life of [shortLife, longLife]) {
    if (Number.isInteger(life) && life >= 1) continue;
    throw new RangeError(`a message cannot live for ${life} s: give it whole seconds, at least 1`);
  }
  const run = randomUUID().slice(0, 8);
  const topic = prefixed(`news-${run}`);
  const as = (name: string): IClientOptions => ({
    clientId: prefixed(`${name}-${run}`),
    protocolVersion: 5,
  });
  // Should this function fail half-way, the broker forgets the session a minute later.
  const reader: IClientOptions = {
    ...as("reader"),
    clean: false,
    properties: { sessionExpiryInterval: shortLife + 60 },
  };

  const publisher = await connectAsync(brokerUrl, as("publisher"));
  const clients = [publisher];
  const publish = (text: string, life: number) =>
    publisher.publishAsync(`${topic}/${text}`, text, {
      qos: 1,
      retain: true,
      properties: { messageExpiryInterval: life },
    });
  const publishEnd = () => publisher.publishAsync(`${topic}/end`, "end", { qos: 1 });
  try {
    const before = await connectAsync(brokerUrl, reader);
    clients.push(before);
    await before.subscribeAsync(`${topic}/+`, { qos: 1 });
    await before.endAsync();

    await publish("short", shortLife);
    await publish("long", longLife);
    await pause((shortLife + 1) * 1000 + 100);

    await publishEnd();
    const back = connect(brokerUrl, { ...reader, clean: true });
    clients.push(back);
    const waiting = arrivalsUntilEnd(back);
    await back.subscribeAsync(`${topic}/+`, { qos: 1, rh: 2 });
    await publishEnd();
    const queued = await waiting;

    const newcomer = await connectAsync(brokerUrl, as("newcomer"));
    clients.push(newcomer);
    const arrivals = arrivalsUntilEnd(newcomer);
    await newcomer.subscribeAsync(`${topic}/+`, { qos: 1 });
    await publishEnd();
    return { queued, retained: await arrivals };
  } finally {
    for (const text of ["short", "long"]) {
      await publisher.publishAsync(`${topic}/${text}`, "", { qos: 1, retain: true });
    }
    const forget = { properties: { sessionExpiryInterval: 0 } };
    await Promise.all(clients.map((client) => client.endAsync(false, forget)));
  }
}

function arrivalsUntilEnd(client: MqttClient): Promise<Arrival[]> {
  const arrivals: Arrival[] = [];
  return new Promise((resolve, reject) => {
    const onMessage = (_topic: string, payload: Buffer, { properties }: IPublishPacket) => {
      const text = payload.toString();
      if (text !== "end") {
        arrivals.push({ text, remaining: properties?.messageExpiryInterval });
        return;
      }
      client.off("message", onMessage);
      resolve(arrivals);
    };
    client.on("message", onMessage);
    client.once("error", reject);
  });
}
