import { describe } from "vitest";
import { prefixed } from "../../../workbook/telemetry.ts";
import { loadAnswers } from "../../harness/answers.ts";
import { check } from "../../harness/check.ts";
import { settles } from "../../harness/deadline.ts";
import type { Desk } from "../../harness/desk.ts";
import { playBroker, type ScriptedLine } from "../../harness/scripted-broker.ts";
import { Wrong } from "../../harness/wrong.ts";

type Answers = typeof import("../../../solutions/04-mqtt5-features.ts");
const answers = () => loadAnswers<Answers>("04-mqtt5-features");

// What a broker refuses is a matter of its configuration. Here it is a matter of the script.

describe("reportPublish", () => {
  /** The answer's words for a PUBACK with each of these codes. */
  const publishEach = async (desk: Desk, codes: readonly number[]) => {
    const { reportPublish } = await answers();
    const left = [...codes];
    const broker = await playBroker(desk, {
      publish: ({ messageId = 0 }, line) =>
        line.send({ cmd: "puback", messageId, reasonCode: left.shift() ?? 0 }),
    });
    const client = await broker.client(`asker${codes[0]}`);
    const topic = prefixed(desk.name("reasons"));
    const words: unknown[] = [];
    for (const _code of codes) {
      words.push(await settles("reportPublish", () => reportPublish(client, topic, "x")));
    }
    return { words, broker };
  };

  const cases = [
    {
      codes: [0],
      expected: "0 Success",
      headline: "an accepted publish is not told as one",
      why: "reason code 0 is success, and a PUBACK without a reason code means the same",
    },
    {
      codes: [16],
      expected: "16 No matching subscribers",
      headline: "nobody receives the message, and nobody is told",
      why: "the publish succeeds all the same: the code is in the PUBACK, and not in what the promise gives you",
    },
    {
      codes: [135, 151],
      expected: "135 Not authorized, 151 Quota exceeded",
      headline: "a refusal is not told as what it is",
      why: "a code of 128 or more is a refusal; the library throws it, with the code in the error",
    },
  ];
  check("reportPublish", "tells what the broker says", async (desk) => {
    for (const { codes, expected, headline, why } of cases) {
      const { words, broker } = await publishEach(desk, codes);
      if (words.join(", ") === expected) continue;
      throw new Wrong({ headline, expected, got: words.join(", "), why, wire: broker.frames() });
    }
  });

  check("reportPublish", "keeps two publishes apart that are under way at once", async (desk) => {
    const { reportPublish } = await answers();
    const waiting: number[] = [];
    const broker = await playBroker(desk, {
      publish: ({ messageId = 0 }, line) => {
        waiting.push(messageId);
        const [first, second] = waiting;
        if (first === undefined || second === undefined) return;
        line.send(
          { cmd: "puback", messageId: second, reasonCode: 16 },
          { cmd: "puback", messageId: first, reasonCode: 0 },
        );
      },
    });
    const client = await broker.client("asker");
    const topic = prefixed(desk.name("reasons"));
    const words = await settles("reportPublish", () =>
      Promise.all(["first", "second"].map((payload) => reportPublish(client, topic, payload))),
    );
    const expected = ["0 Success", "16 No matching subscribers"];
    if (words.join() === expected.join()) return;
    throw new Wrong({
      headline: "one publish is told with the answer to another",
      expected: expected.join(", and "),
      got: words.join(", and "),
      why: "PUBACKs come in any order; the packet identifier says whose each is [MQTT-2.2.1-5]",
      wire: broker.frames(),
    });
  });

  check("reportPublish", "leaves no listener behind", async (desk) => {
    const { reportPublish } = await answers();
    const broker = await playBroker(desk, {});
    const client = await broker.client("asker");
    const listeners = () =>
      client.eventNames().reduce((sum, name) => sum + client.listenerCount(name), 0);
    const topic = prefixed(desk.name("reasons"));
    await settles("reportPublish", () => reportPublish(client, topic, "once"));
    const before = listeners();
    for (const payload of ["twice", "again"]) {
      await settles("reportPublish", () => reportPublish(client, topic, payload));
    }
    if (listeners() <= before) return;
    throw new Wrong({
      headline: "with each publish a listener more stays on the client",
      expected: `${before} listeners, as before`,
      got: `${listeners()} after two more publishes`,
      why: "each is called for every packet from then on; after a day of publishing there are thousands",
    });
  });
});

describe("reportSubscribe", () => {
  const subscribe = async (desk: Desk, granted: readonly number[]) => {
    const { reportSubscribe } = await answers();
    const broker = await playBroker(desk, {
      subscribe: ({ messageId = 0 }, line) =>
        line.send({ cmd: "suback", messageId, granted: [...granted] }),
    });
    const client = await broker.client("asker");
    const filters = granted.map((_code, index) => prefixed(`${desk.name("filter")}/${index}`));
    const words: unknown = await settles("reportSubscribe", () => reportSubscribe(client, filters));
    return { words, broker };
  };
  const told = (words: unknown) =>
    Array.isArray(words) ? words.map(tell).join(", ") : tell(words);

  check("reportSubscribe", "tells what was granted, filter by filter", async (desk) => {
    const { words, broker } = await subscribe(desk, [1, 0]);
    const expected = ["granted QoS 1", "granted QoS 0"];
    if (Array.isArray(words) && words.join("\n") === expected.join("\n")) return;
    throw new Wrong({
      headline: "what was granted is told wrong",
      expected: expected.map(tell).join(", "),
      got: told(words),
      why: "a broker may grant less than you asked for; what counts is the SUBACK [MQTT-3.8.4-7]",
      wire: broker.frames(),
    });
  });

  check("reportSubscribe", "tells one that is refused among granted ones", async (desk) => {
    const { words, broker } = await subscribe(desk, [1, 135, 1]);
    const expected = ["granted QoS 1", "refused: 135 Not authorized", "granted QoS 1"];
    if (Array.isArray(words) && words.join("\n") === expected.join("\n")) return;
    throw new Wrong({
      headline: "a refusal among granted filters is told wrong",
      expected: expected.map(tell).join(", "),
      got: told(words),
      why: "one refused filter fails the whole call; the granted ones are live all the same, and the codes are in the error's SUBACK",
      wire: broker.frames(),
    });
  });
});

describe("reportDisconnect", () => {
  /** What the answer says of a connection that ends like this. */
  const ending = async (desk: Desk, end: (line: ScriptedLine) => void) => {
    const { reportDisconnect } = await answers();
    const broker = await playBroker(desk, { publish: (_packet, line) => end(line) });
    const client = await broker.client("client");
    const reported: Promise<unknown> = settles("reportDisconnect", () => reportDisconnect(client));
    reported.catch(() => {});
    client.publish(prefixed(desk.name("trigger")), "x");
    return { words: await reported, wire: broker.frames() };
  };

  check("reportDisconnect", "tells the code and the reason that the broker gives", async (desk) => {
    const reasonString = `back at ${1 + Math.floor(desk.random() * 12)}`;
    const { words, wire } = await ending(desk, (line) => {
      line.send({ cmd: "disconnect", reasonCode: 139, properties: { reasonString } });
      line.close();
    });
    const expected = `139 Server shutting down: ${reasonString}`;
    if (words === expected) return;
    throw new Wrong({
      headline: "the broker says why it hangs up, and the report says something else",
      expected: tell(expected),
      got: tell(words),
      why: "the DISCONNECT carries a reason code and, if the broker likes, a text in its properties",
      wire,
    });
  });

  check("reportDisconnect", "tells the code alone where there is no text", async (desk) => {
    const { words, wire } = await ending(desk, (line) => {
      line.send({ cmd: "disconnect", reasonCode: 142 });
      line.close();
    });
    if (words === "142 Session taken over") return;
    throw new Wrong({
      headline: "a DISCONNECT without a text is told wrong",
      expected: '"142 Session taken over"',
      got: tell(words),
      why: "most brokers send the reason code and no text",
      wire,
    });
  });

  check("reportDisconnect", "tells a line that closes without a word", async (desk) => {
    const { words, wire } = await ending(desk, (line) => line.close());
    if (words === "closed without a DISCONNECT") return;
    throw new Wrong({
      headline: "a line that closes without a DISCONNECT is told wrong",
      expected: '"closed without a DISCONNECT"',
      got: tell(words),
      why: "no DISCONNECT comes when a cable is cut, and some brokers never send one",
      wire,
    });
  });
});

function tell(words: unknown): string {
  return JSON.stringify(words) ?? String(words);
}
