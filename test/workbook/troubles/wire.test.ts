import type { MqttClient } from "mqtt";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import type { Entry } from "../../../workbook/wire/transcript.ts";
import { RawClient } from "../contract/raw-client.ts";
import { expectTold, lastWords } from "../fixtures/last-words.ts";
import { connack, type Reply, scriptedBroker, usual } from "../fixtures/scripted-broker.ts";

const PATIENCE = 30_000;
const broker = inject("broker");
const name = (base: string) => `${base}-${Math.random().toString(36).slice(2, 8)}`;

async function scripted(reply: Reply): Promise<string> {
  const { url, close } = await scriptedBroker(reply);
  onTestFinished(close);
  return url;
}

/** Resolves with so many entries of this kind. */
async function closings(
  tap: { transcript: { onEntry(heard: (entry: Entry) => void): () => void } },
  count: number,
): Promise<void> {
  let left = count;
  await new Promise<void>((resolve) => {
    const stop = tap.transcript.onEntry((entry) => {
      if (entry.kind !== "closed" || --left > 0) return;
      stop();
      resolve();
    });
  });
}

/** Resolves with the client's next error. */
function nextError(client: MqttClient): Promise<Error> {
  return new Promise((resolve) => client.once("error", resolve));
}

/** Resolves with the client's next payload, as text. */
function nextPayload(client: MqttClient): Promise<string> {
  return new Promise((resolve) => {
    client.once("message", (_topic, payload) => resolve(payload.toString()));
  });
}

describe("while connected", { timeout: PATIENCE }, () => {
  test("two clients under one id throw each other out, on the broker under test", async () => {
    const id = name("twin");
    const words = await lastWords(broker.url, async ({ client, tap }) => {
      await client(id, { reconnectPeriod: 10 });
      const thrownOut = closings(tap, 4);
      await client(id, { reconnectPeriod: 10 });
      await thrownOut;
    });
    expectTold(words, "clientIdClash");
    expect(words).toContain(`two clients use the client id ${id}.`);
  });

  test.for<[string, (client: MqttClient) => Promise<unknown>]>([
    ["has ended", (client) => client.endAsync()],
    ["is about to end", async (client) => void client.end()],
  ])("a client is used that %s", async ([, end]) => {
    const words = await lastWords(broker.url, async ({ client }) => {
      const used = await client(name("used"));
      await end(used);
      await used.publishAsync("x", "y", { qos: 1 });
    });
    expectTold(words, "clientEnded");
  });

  test("a client is ended while messages come that it would acknowledge", async () => {
    const topic = name("stream");
    const words = await lastWords(broker.url, async ({ client }) => {
      const [reader, writer] = [await client(name("reader")), await client(name("writer"))];
      await reader.subscribeAsync(topic, { qos: 2 });
      const error = nextError(reader);
      reader.once("message", () => reader.end());
      for (let left = 20; left > 0; left--) writer.publish(topic, "", { qos: 2 });
      throw await error;
    });
    expectTold(words, "clientEnded");
  });

  test("one client in the place of another is no clash", async () => {
    const id = name("heir");
    const words = await lastWords(broker.url, async ({ client, tap }) => {
      await client(id);
      const thrownOut = closings(tap, 1);
      await client(id);
      await thrownOut;
    });
    expect(words).not.toContain("two clients use");
  });

  test.for([4, 5] as const)(
    "a client that is silent for too long, on the broker under test (version %i)",
    async (protocolVersion) => {
      const words = await lastWords(broker.url, async ({ tap }) => {
        await RawClient.open(tap.url, { keepalive: 1, protocolVersion, clientId: name("mute") });
        await tap.transcript.seen((entry) => entry.kind === "closed");
      });
      expectTold(words, "keepAliveTimeout");
    },
  );

  test("a broker that does not answer a PINGREQ", async () => {
    const url = await scripted((packet, peer) =>
      packet.cmd === "pingreq" ? [] : usual(packet, peer),
    );
    const words = await lastWords(url, async ({ client }) => {
      throw await nextError(await client("pinging", { keepalive: 1 }));
    });
    expectTold(words, "keepAliveTimeout");
    const unheard = await lastWords(url, async ({ client, tap }) => {
      await client("pinging", { keepalive: 1 });
      await tap.transcript.seen((entry) => entry.kind === "closed");
    });
    expectTold(unheard, "keepAliveTimeout");
    expect(unheard).toMatch(/pinging -> broker {2}PINGREQ/);
  });

  test.for([
    ["with DISCONNECT 149", (): ReturnType<Reply> => [{ cmd: "disconnect", reasonCode: 149 }]],
    ["by closing the line", (): ReturnType<Reply> => "close"],
  ] as const)("a packet larger than the broker takes, refused %s", async ([, refuse]) => {
    const url = await scripted((packet, peer) => {
      if (packet.cmd === "publish") return refuse();
      if (packet.cmd !== "connect") return usual(packet, peer);
      return [connack(0, peer, { maximumPacketSize: 100 })];
    });
    const words = await lastWords(url, async ({ client, tap }) => {
      const sender = await client("sender");
      sender.publish("a", "x".repeat(200), { qos: 1 });
      await tap.transcript.seen((entry) => entry.kind === "closed");
    });
    expectTold(words, "packetTooLarge");
    expect(words).toMatch(/sender -> broker {2}PUBLISH q1 #\d+ a, 20\d B/);
  });

  test("a packet larger than the client takes", async () => {
    const url = await scripted((packet, peer) => {
      const large = { cmd: "publish", topic: "a", payload: "x".repeat(200), qos: 0 } as const;
      if (packet.cmd !== "subscribe") return usual(packet, peer);
      return [{ ...large, dup: false, retain: false }];
    });
    const words = await lastWords(url, async ({ client }) => {
      const small = await client("small", { properties: { maximumPacketSize: 100 } });
      small.subscribe("a");
      throw await nextError(small);
    });
    expectTold(words, "packetTooLarge");
  });

  test("a broker that ends the connection and says why", async () => {
    const url = await scripted((packet, peer) =>
      packet.cmd === "publish" ? [{ cmd: "disconnect", reasonCode: 152 }] : usual(packet, peer),
    );
    const words = await lastWords(url, async ({ client, tap }) => {
      (await client("unwanted")).publish("a", "x");
      await tap.transcript.seen((entry) => entry.kind === "frame" && entry.type === "disconnect");
    });
    expectTold(words, "disconnected");
    expect(words).toContain("the connection of unwanted and said why: 152 Administrative action");
  });

  test("a broker that closes the line and does not say why", async () => {
    const url = await scripted((packet, peer) =>
      packet.cmd === "publish" ? "close" : usual(packet, peer),
    );
    const words = await lastWords(url, async ({ client, tap }) => {
      (await client("unwanted", { protocolVersion: 4 })).publish("a/+", "x");
      await tap.transcript.seen((entry) => entry.kind === "closed");
    });
    expectTold(words, "closedByBroker");
    expect(words).toContain("unwanted -> broker  PUBLISH q0 a/+");
  });

  test("a subscription that is not granted", async () => {
    const url = await scripted((packet, peer) =>
      packet.cmd === "subscribe"
        ? [{ cmd: "suback", messageId: packet.messageId ?? 0, granted: [135] }]
        : usual(packet, peer),
    );
    const words = await lastWords(url, async ({ client }) => {
      await (await client("curious")).subscribeAsync("secret/#");
    });
    expectTold(words, "subscriptionRefused");
    expect(words).toContain("did not grant the subscription (135 Not authorized)");
    const unheard = await lastWords(url, async ({ client, tap }) => {
      (await client("curious")).subscribe("secret/#", () => {});
      await tap.transcript.seen((entry) => entry.kind === "frame" && entry.type === "suback");
    });
    expectTold(unheard, "subscriptionRefused");
  });

  test("a message that is not taken", async () => {
    const url = await scripted((packet, peer) =>
      packet.cmd === "publish"
        ? [{ cmd: "puback", messageId: packet.messageId ?? 0, reasonCode: 135 }]
        : usual(packet, peer),
    );
    const words = await lastWords(url, async ({ client }) => {
      await (await client("speaker")).publishAsync("secret", "x", { qos: 1 });
    });
    expectTold(words, "publishRefused");
    const unheard = await lastWords(url, async ({ client, tap }) => {
      (await client("speaker")).publish("secret", "x", { qos: 1 }, () => {});
      await tap.transcript.seen((entry) => entry.kind === "frame" && entry.type === "puback");
    });
    expectTold(unheard, "publishRefused");
    expect(unheard).toContain("did not take the message (135 Not authorized)");
  });

  test("a payload that is not JSON", async () => {
    const words = await lastWords(broker.url, async ({ client }) => {
      const display = await client(name("display"));
      const arrival = nextPayload(display);
      const topic = name("topic");
      await display.subscribeAsync(topic);
      await display.publishAsync(topic, "on");
      JSON.parse(await arrival);
    });
    expectTold(words, "payloadNotJson");
    expect(words).toMatch(/Wire: +display-\w+ <- broker {2}PUBLISH q0 topic-/);
    expect(words).toContain("SyntaxError: ");
  });
});

describe("a program that waits", { timeout: PATIENCE }, () => {
  test("nobody has connected", async () => {
    const words = await lastWords(broker.url, async () => {});
    expectTold(words, "neverConnected");
    expect(words).toContain("no packet");
  });

  test("a packet has no answer, because a fault took it away", async () => {
    const words = await lastWords(broker.url, async ({ client, tap }) => {
      const sender = await client(name("sender"));
      const { met } = tap.faults.arm({ do: "drop" }, ({ type }) => type === "puback");
      sender.publish("a", "x", { qos: 1 });
      await met;
    });
    expectTold(words, "unanswered");
    expect(words).toMatch(/sender-\w+ sent PUBLISH and got no answer/);
    expect(words).toContain("(DROPPED)");
  });

  test("a packet has no answer, because the broker gives none", async () => {
    const url = await scripted((packet, peer) =>
      packet.cmd === "subscribe" ? [] : usual(packet, peer),
    );
    const words = await lastWords(url, async ({ client, tap }) => {
      (await client("curious")).subscribe("a");
      await tap.transcript.seen((entry) => entry.kind === "frame" && entry.type === "subscribe");
    });
    expectTold(words, "unanswered");
    expect(words).toContain("curious sent SUBSCRIBE and got no answer");
  });

  test("nobody has subscribed", async () => {
    const words = await lastWords(broker.url, async ({ client }) => {
      await (await client(name("speaker"))).publishAsync(name("topic"), "x", { qos: 1 });
    });
    expectTold(words, "noSubscribe");
  });

  test("somebody subscribed after the message", async () => {
    const topic = name("topic");
    const words = await lastWords(broker.url, async ({ client }) => {
      await (await client(name("speaker"))).publishAsync(`${topic}/a`, "x", { qos: 1 });
      await (await client("late")).subscribeAsync(`${topic}/+`);
    });
    expectTold(words, "subscribeAfterPublish");
    expect(words).toContain(`the message on ${topic}/a was published before late subscribed`);
  });

  test("somebody subscribed in time, and somebody later", async () => {
    const topic = name("topic");
    const words = await lastWords(broker.url, async ({ client }) => {
      await (await client(name("early"))).subscribeAsync(topic);
      await (await client(name("speaker"))).publishAsync(topic, "x", { qos: 1 });
      await (await client(name("late"))).subscribeAsync(topic);
    });
    expectTold(words, "unfinishedPromise");
  });

  test("a retained message is not missed by who comes later", async () => {
    const topic = name("topic");
    const words = await lastWords(broker.url, async ({ client }) => {
      const speaker = await client(name("speaker"));
      await speaker.publishAsync(topic, "x", { qos: 1, retain: true });
      await (await client(name("late"))).subscribeAsync(topic);
      await speaker.publishAsync(topic, "", { qos: 1, retain: true });
    });
    expectTold(words, "unfinishedPromise");
  });

  test("no filter matches the topic", async () => {
    const topic = name("topic");
    const words = await lastWords(broker.url, async ({ client }) => {
      const both = await client(name("both"));
      await both.subscribeAsync([`${topic}/+`, `$share/g/${topic}/#`]);
      await both.publishAsync(`/${topic}/a`, "x", { qos: 1 });
    });
    expectTold(words, "noMatch");
    expect(words).toContain(
      `the topic /${topic}/a: the filters are ${topic}/+, $share/g/${topic}/#`,
    );
  });

  test("nobody has published", async () => {
    const words = await lastWords(broker.url, async ({ client }) => {
      await (await client(name("patient"))).subscribeAsync("a/#");
    });
    expectTold(words, "noPublish");
    expect(words).toContain("a subscription to a/#");
  });

  test("all is well on the wire", async () => {
    const words = await lastWords(broker.url, async ({ client }) => {
      const both = await client(name("both"));
      const arrival = nextPayload(both);
      await both.subscribeAsync("a/#");
      await both.publishAsync("a/b", "x", { qos: 1 });
      await arrival;
    });
    expectTold(words, "unfinishedPromise");
  });

  test("its last words fit 80 columns and use no colour", async () => {
    const words = await lastWords(
      broker.url,
      async ({ client }) => {
        await (await client("a-client-with-a-name-of-some-length")).publishAsync("a", "x");
      },
      80,
    );
    for (const line of words.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
    expect(words).not.toContain("\x1b");
  });
});
