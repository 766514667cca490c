import { createServer } from "node:net";
import type { MqttClient } from "mqtt";
import { loadAnswers } from "../../workbook/checks/harness/answers.ts";
import { check, describe } from "../../workbook/checks/harness/check.ts";
import { captureConsole } from "../../workbook/checks/harness/console.ts";
import { settles, within } from "../../workbook/checks/harness/deadline.ts";
import { type Desk, received, sent } from "../../workbook/checks/harness/desk.ts";
import { callWhileHeld, subscriptionConfirmed } from "../../workbook/checks/harness/held.ts";
import { Inbox } from "../../workbook/checks/harness/inbox.ts";
import { Wrong } from "../../workbook/checks/harness/wrong.ts";
import { isReading, prefixed, type Reading } from "../../workbook/telemetry.ts";
import { Todo } from "../../workbook/todo.ts";
import type { Frame } from "../../workbook/wire/transcript.ts";
import { brokerVerdicts, everyPath, somePaths } from "./topic-filters.ts";

type Answers = typeof import("../../solutions/01-basic-pubsub.ts");
const answers = () => loadAnswers<Answers>();

describe("createClient", () => {
  const connectOf = async (desk: Desk) => {
    const { createClient } = await answers();
    const clientId = desk.id("sensor");
    const client = await settles("createClient", () => createClient(desk.brokerUrl, clientId));
    desk.endLater(client);
    const nobody = new Wrong({
      headline: "createClient resolved, and nobody has connected",
      expected: "→ CONNECT",
      got: "no packet at all",
      why: "a client sends CONNECT before anything else [MQTT-3.1.0-1]; is it the URL you were given?",
    });
    const frame = await desk.sees(sent("connect"), () => nobody);
    if (frame.kind === "frame" && frame.packet?.cmd === "connect") {
      return { clientId, frame, connect: frame.packet };
    }
    throw nobody;
  };

  check("createClient", "speaks MQTT 5", async (desk) => {
    const { connect, frame } = await connectOf(desk);
    if (connect.protocolVersion === 5) return;
    throw new Wrong({
      headline: "your client speaks an older MQTT",
      expected: "→ CONNECT with protocol version 5",
      got: `→ CONNECT with protocol version ${connect.protocolVersion}`,
      why: "the library speaks 3.1.1 unless it is told otherwise; module 4 needs version 5",
      wire: [frame],
    });
  });

  check("createClient", "connects with the client id it was given", async (desk) => {
    const { connect, clientId, frame } = await connectOf(desk);
    if (connect.clientId === clientId) return;
    throw new Wrong({
      headline: "your client goes by another name",
      expected: `→ CONNECT as ${clientId}`,
      got: `→ CONNECT as ${connect.clientId || "nobody: the client id is empty"}`,
      why: "the client id is how the broker knows a device again [MQTT-3.1.3-2]",
      wire: [frame],
    });
  });

  check("createClient", "resolves only when the broker has accepted it", async (desk) => {
    const { createClient } = await answers();
    const held = await callWhileHeld(desk, received("connack"), "CONNECT", async () => {
      const client = await createClient(desk.brokerUrl, desk.id("sensor"));
      desk.endLater(client);
    });
    if (held.early) {
      throw new Wrong({
        headline: "createClient resolves too early",
        expected: "it resolves after ← CONNACK",
        got: "it resolved while the CONNACK was still on its way",
        why: "until the CONNACK the broker may still refuse [MQTT-3.2.0-1]",
        wire: desk.frames(),
      });
    }
    held.release();
    await settles("createClient", () => held.result);
  });

  check("createClient", "rejects when no broker answers", async (desk) => {
    const { createClient } = await answers();
    const port = await freePort();
    const refused = createClient(`mqtt://127.0.0.1:${port}`, desk.id("sensor")).then(
      (client) => {
        desk.endLater(client);
        return false;
      },
      (error) => {
        if (error instanceof Todo) throw error;
        return true;
      },
    );
    const waiting = () =>
      new Wrong({
        headline: "createClient waits for ever for a broker that is not there",
        expected: "it rejects with the connection's error",
        got: "it neither resolved nor rejected",
        why: "a program that never hears of the failure can neither report it nor try elsewhere",
      });
    if (await within(refused, waiting)) return;
    throw new Wrong({
      headline: "createClient resolved without a broker",
      expected: "it rejects with the connection's error",
      got: `it resolved, though nothing listens on port ${port}`,
      why: "who calls it would go on as if connected",
    });
  });
});

describe("publishSensorData", () => {
  const publish = async (desk: Desk, readings: readonly Reading[]) => {
    const { publishSensorData } = await answers();
    const client = await desk.client("building");
    await settles("publishSensorData", () => publishSensorData(client, readings));
    return allPublished(desk, client);
  };

  check("publishSensorData", "sends each reading on sensors/<kind>/<room>", async (desk) => {
    const readings = someReadings(desk);
    const published = await publish(desk, readings);
    const topics = published.map(topicOf).sort();
    const wanted = readings.map(({ kind, room }) => prefixed(`sensors/${kind}/${room}`)).sort();
    if (topics.join() === wanted.join()) return;
    throw new Wrong({
      headline:
        topics.length === wanted.length
          ? "a reading went out on another topic"
          : `${wanted.length} readings became ${topics.length} messages`,
      expected: wanted.join("\n             "),
      got: topics.join("\n             ") || "no PUBLISH",
      why: "who subscribes chooses by topic: one message per reading, the general level before the special",
      wire: published,
    });
  });

  check("publishSensorData", "makes the payload the reading as JSON", async (desk) => {
    const readings = someReadings(desk);
    const published = await publish(desk, readings);
    const payloads = new Set(published.map(payloadOf));
    const missing = readings.find(
      (reading) => ![...payloads].some((text) => sameJson(text, reading)),
    );
    if (missing === undefined) return;
    throw new Wrong({
      headline: "a payload is not the reading",
      expected: JSON.stringify(missing),
      got: [...payloads][0] ?? "no payload",
      why: "to MQTT a payload is bytes; that both sides read it as JSON is your agreement with them",
      wire: published,
    });
  });

  check("publishSensorData", "resolves only when the broker has every reading", async (desk) => {
    const { publishSensorData } = await answers();
    const readings = someReadings(desk);
    const client = await desk.client("building");
    let acknowledged = 0;
    // Not the first acknowledgement, but the last: who waits for one of them is still wrong.
    const isLastAcknowledgement = (frame: Frame) =>
      (received("puback")(frame) || received("pubcomp")(frame)) &&
      ++acknowledged === readings.length;
    const held = await callWhileHeld(desk, isLastAcknowledgement, "PUBLISH", () =>
      publishSensorData(client, readings),
    );
    if (held.early) {
      held.release();
      const flow = await allPublished(desk, client);
      const unacknowledged = flow.some(
        ({ packet }) => packet?.cmd === "publish" && packet.qos === 0,
      );
      throw new Wrong({
        headline: "publishSensorData resolves before the broker has everything",
        expected: "a PUBACK for each PUBLISH, and only then it resolves",
        got: unacknowledged
          ? "PUBLISH with QoS 0, which nobody acknowledges"
          : "it resolved while an acknowledgement was still on its way",
        why: "only an acknowledgement says that the broker has a message, and QoS 0 has none [MQTT-4.3.1-1]",
        wire: flow,
      });
    }
    held.release();
    await settles("publishSensorData", () => held.result);
  });
});

describe("subscribeWithWildcards", () => {
  check("subscribeWithWildcards", "resolves only when the broker has confirmed", async (desk) => {
    const { subscribeWithWildcards } = await answers();
    const client = await desk.client("display");
    const held = await callWhileHeld(desk, received("suback"), "SUBSCRIBE", () =>
      subscribeWithWildcards(client, [filterOf(desk)], () => {}),
    );
    if (held.early) {
      throw new Wrong({
        headline: "subscribeWithWildcards resolves too early",
        expected: "it resolves after ← SUBACK",
        got: "it resolved while the SUBACK was still on its way",
        why: "what is published before the broker has subscribed you never reaches you [MQTT-3.8.4-1]",
        wire: desk.frames(),
      });
    }
    held.release();
    await settles("subscribeWithWildcards", () => held.result);
  });

  check(
    "subscribeWithWildcards",
    "loses nothing that comes with the confirmation",
    async (desk) => {
      const { subscribeWithWildcards } = await answers();
      const reading = aReading(desk);
      const topic = topicFor(reading);
      const helper = await desk.helper("sensor");
      await helper.publishAsync(topic, JSON.stringify(reading), { qos: 1, retain: true });
      desk.atEnd(async () => void helper.publish(topic, "", { retain: true }));

      const inbox = new Inbox();
      const client = await desk.client("display");
      const held = await callWhileHeld(desk, received("suback"), "SUBSCRIBE", () =>
        subscribeWithWildcards(client, [topic], inbox.take),
      );
      // Both in one piece, as a broker close by sends them.
      await desk.sees(received("publish"), () => new Error("the broker sent no retained message"));
      held.release();
      await settles("subscribeWithWildcards", () => held.result);
      await inbox.received(
        topic,
        () =>
          new Wrong({
            headline: "a message that came right behind the SUBACK was lost",
            expected: `onReading for ${topic}`,
            got: "no call",
            why: "the message was there before your handler: listen first, then subscribe",
            wire: desk.frames((frame) => frame.type !== "connect" && frame.type !== "connack"),
          }),
      );
    },
  );

  check(
    "subscribeWithWildcards",
    "calls back with topic and reading, for every filter",
    async (desk) => {
      const { subscribeWithWildcards } = await answers();
      const readings = someReadings(desk);
      const filters = readings.map(({ room }) => prefixed(`sensors/+/${room}`));
      const inbox = new Inbox();
      const client = await desk.client("display");
      await settles("subscribeWithWildcards", () =>
        subscribeWithWildcards(client, filters, inbox.take),
      );
      await subscriptionConfirmed(desk);
      const helper = await desk.helper("building");
      for (const reading of readings) {
        const topic = topicFor(reading);
        await helper.publishAsync(topic, JSON.stringify(reading), { qos: 1 });
        const got = await inbox.received(
          topic,
          () =>
            new Wrong({
              headline: "a reading did not reach onReading",
              expected: `onReading("${topic}", …)`,
              got: inbox.describe(),
              why: "each of the filters is to be subscribed, and the topic is the message's own, not the filter",
              wire: desk.frames((frame) => frame.type === "subscribe" || frame.type === "publish"),
            }),
        );
        if (isReading(got) && sameJson(JSON.stringify(got), reading)) continue;
        throw new Wrong({
          headline: "onReading got something that is no reading",
          expected: JSON.stringify(reading),
          got: `${typeof got}: ${String(got)}`,
          why: "a payload arrives as bytes: parse it before you hand it on",
        });
      }
    },
  );

  check("subscribeWithWildcards", "survives a payload that is not JSON", async (desk) => {
    const { topic, inbox, helper } = await subscribed(desk);
    const reading = aReading(desk);
    for (const payload of ["21.5 degrees", "", '{"kind":', Buffer.from([0xff, 0xfe, 0x00])]) {
      await helper.publishAsync(topic, payload, { qos: 1 });
    }
    await helper.publishAsync(topic, JSON.stringify(reading), { qos: 1 });
    await inbox.matching(
      isReading,
      () =>
        new Wrong({
          headline: "after a payload that is not JSON nothing arrives any more",
          expected: "the bad message is skipped, the next reading reaches onReading",
          got: inbox.describe(),
          why: "anyone may publish anything: one broken sensor must not silence the others",
        }),
    );
  });

  check("subscribeWithWildcards", "hands on nothing that is no reading", async (desk) => {
    const { topic, inbox, helper } = await subscribed(desk);
    const reading = aReading(desk);
    const noReadings = [
      null,
      42,
      "hot",
      [],
      {},
      { ...reading, value: "21" },
      { ...reading, room: 7 },
    ];
    for (const value of noReadings) {
      await helper.publishAsync(topic, JSON.stringify(value), { qos: 1 });
    }
    await helper.publishAsync(topic, JSON.stringify(reading), { qos: 1 });
    await inbox.matching(
      (value) => isReading(value) && value.value === reading.value,
      () =>
        new Wrong({
          headline: "the reading behind some bad payloads did not arrive",
          expected: "onReading with the reading",
          got: inbox.describe(),
          why: "anyone may publish anything: skip what is no reading and go on",
        }),
    );
    const bad = inbox.values.find((value) => !isReading(value));
    if (bad === undefined) return;
    throw new Wrong({
      headline: "onReading got something that is no reading",
      expected: "only what isReading accepts",
      got: JSON.stringify(bad),
      why: "JSON.parse says that it is JSON, not that it is a reading",
    });
  });

  check("subscribeWithWildcards", "reports what it skips", async (desk) => {
    const output = captureConsole(desk);
    const { topic, inbox, helper } = await subscribed(desk);
    await helper.publishAsync(topic, JSON.stringify({ temperature: 21 }), { qos: 1 });
    await helper.publishAsync(topic, JSON.stringify(aReading(desk)), { qos: 1 });
    await inbox.matching(
      isReading,
      () =>
        new Wrong({
          headline: "the reading behind a bad payload did not arrive",
          expected: "onReading with the reading",
          got: inbox.describe(),
          why: "anyone may publish anything: skip what is no reading and go on",
        }),
    );
    if (output().includes(topic)) return;
    throw new Wrong({
      headline: "a bad payload was skipped without a word",
      expected: `console.warn with the topic ${topic}`,
      got: output() || "nothing was printed",
      why: "a sensor that sends rubbish is found only if somebody says which one it is",
    });
  });

  const subscribed = async (desk: Desk) => {
    const { subscribeWithWildcards } = await answers();
    const topic = topicFor(aReading(desk));
    const inbox = new Inbox();
    const client = await desk.client("display");
    await settles("subscribeWithWildcards", () =>
      subscribeWithWildcards(client, [topic], inbox.take),
    );
    await subscriptionConfirmed(desk);
    return { topic, inbox, helper: await desk.helper("sensor") };
  };
});

describe("topicMatches", () => {
  const agrees = async (desk: Desk, filters: string[], topics: string[], why: string) => {
    const { topicMatches } = await answers();
    const verdicts = await brokerVerdicts(desk, filters, topics);
    const wrong = [];
    for (const verdict of verdicts) {
      const said = topicMatches(verdict.filter, verdict.topic);
      if (said !== verdict.delivered) wrong.push({ ...verdict, said });
    }
    wrong.sort((a, b) => a.filter.length + a.topic.length - b.filter.length - b.topic.length);
    const [first] = wrong;
    if (first === undefined) return;
    throw new Wrong({
      headline: `topicMatches and the broker disagree in ${wrong.length} of ${verdicts.length} cases`,
      expected: `${first.delivered}: the broker ${first.delivered ? "delivered" : "did not deliver"} it`,
      got: `${String(first.said)} for topicMatches("${first.filter}", "${first.topic}")`,
      why,
    });
  };

  check("topicMatches", "compares levels letter by letter", (desk) => {
    const levels = ["a", "A", "ab", "a.c"];
    return agrees(
      desk,
      [...everyPath(levels, 1), ...everyPath(levels, 2)],
      [...everyPath([...levels, "abc"], 1), ...everyPath(levels, 2), ...somePaths(desk, levels)],
      "topics are case-sensitive and compared level by level: no prefix, no pattern [MQTT-4.7.3-4]",
    );
  });

  check("topicMatches", "lets + stand for exactly one level", (desk) =>
    agrees(
      desk,
      [
        ...everyPath(["+", "a", "b"], 1),
        ...everyPath(["+", "a", "b"], 2),
        ...somePaths(desk, ["+", "a"]),
      ],
      [1, 2, 3]
        .flatMap((length) => everyPath(["a", "b"], length))
        .concat(somePaths(desk, ["a", "b"])),
      "+ stands for one whole level, not for none and not for two [MQTT-4.7.1-2]",
    ),
  );

  check("topicMatches", "lets # stand for the rest, even for none of it", (desk) =>
    agrees(
      desk,
      [
        "#",
        ...[1, 2].flatMap((length) => everyPath(["a", "b"], length)).map((path) => `${path}/#`),
      ],
      [1, 2, 3]
        .flatMap((length) => everyPath(["a", "b"], length))
        .concat(somePaths(desk, ["a", "b"])),
      "# stands for its parent level and any number of levels below it [MQTT-4.7.1-1]",
    ),
  );

  check("topicMatches", "wants the level of a + that # follows", (desk) =>
    agrees(
      desk,
      everyPath(["+", "a"], 2).map((path) => `${path}/#`),
      everyPath(["a", "b"], 1),
      "# may stand for nothing at all, + may not [MQTT-4.7.1-2]: a/+/# wants two levels or more",
    ),
  );

  // Two levels on either side, so that only the empty ones make the difference.
  check("topicMatches", "treats an empty level as a level", (desk) =>
    agrees(
      desk,
      everyPath(["", "+", "a"], 2),
      everyPath(["", "a"], 2),
      'a slash at either end makes an empty level: "/a" has two levels, and + takes the empty one too',
    ),
  );

  check("topicMatches", "keeps wildcards at the start away from $-topics", (desk) => {
    const hidden = `$${desk.name("lab")}`;
    return agrees(
      desk,
      ["#", ...everyPath(["+", hidden, "a"], 2)],
      everyPath([hidden, "a"], 2),
      "a filter that begins with a wildcard does not match a topic that begins with $ [MQTT-4.7.2-1]",
    );
  });
});

/** All that was published on this line so far: what comes after the marker is not waited for. */
async function allPublished(desk: Desk, client: MqttClient): Promise<Frame[]> {
  const marker = prefixed(desk.name("marker"));
  await client.publishAsync(marker, "", { qos: 1 });
  return desk.frames((frame) => sent("publish")(frame) && topicOf(frame) !== marker);
}

/** A port on which nothing listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

function aReading(desk: Desk, number = 1): Reading {
  const value = Math.round(desk.random() * 1000) / 10;
  return { kind: desk.name("co2"), room: desk.name(`room${number}`), value, unit: "ppm" };
}

function someReadings(desk: Desk): Reading[] {
  return [1, 2, 3].map((number) => aReading(desk, number));
}

function topicFor({ kind, room }: Reading): string {
  return prefixed(`sensors/${kind}/${room}`);
}

function filterOf(desk: Desk): string {
  return prefixed(`sensors/+/${desk.name("room")}`);
}

function topicOf(frame: Frame): string {
  return frame.packet?.cmd === "publish" ? frame.packet.topic : "";
}

function payloadOf(frame: Frame): string {
  return frame.packet?.cmd === "publish" ? frame.packet.payload.toString() : "";
}

/** Whether the text is JSON for this reading, whatever the order of its fields. */
function sameJson(text: string, reading: Reading): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return (
      isReading(value) &&
      value.kind === reading.kind &&
      value.room === reading.room &&
      value.value === reading.value &&
      value.unit === reading.unit
    );
  } catch {
    return false;
  }
}
