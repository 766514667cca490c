import { randomBytes } from "node:crypto";
import type { IPublishPacket, MqttClient } from "mqtt";
import { loadAnswers } from "../../../workbook/checks/harness/answers.ts";
import { check, describe } from "../../../workbook/checks/harness/check.ts";
import { settles, within } from "../../../workbook/checks/harness/deadline.ts";
import { brokerGone, type Desk, received, sent } from "../../../workbook/checks/harness/desk.ts";
import { callWhileHeld } from "../../../workbook/checks/harness/held.ts";
import { foreignName, notYourOwn, usePrefix } from "../../../workbook/checks/harness/own-names.ts";
import { type Reasons, Wrong } from "../../../workbook/checks/harness/wrong.ts";
import { prefixed } from "../../../workbook/telemetry.ts";
import { Todo } from "../../../workbook/todo.ts";
import type { Frame } from "../../../workbook/wire/transcript.ts";

type Answers = typeof import("../../../solutions/04-mqtt5-features.ts");
const answers = () => loadAnswers<Answers>();
const NAME = "demonstrateRequestReply";
/**
 * How long the function shall wait, in milliseconds: for an answer that comes, and for one that does not.
 * The first is so long that a timer left behind is still there when they are counted.
 */
const PATIENT = 60_000;
const BRIEF = 60;

describe(NAME, () => {
  check(NAME, "asks the question that it was given, and says where to answer", async (desk) => {
    const { ask, topic, responder, asker } = await stage(desk);
    const question = desk.name("question");
    const asking = ask(asker, question);
    const asked = await responder.next(asking);
    if (asked.text !== question) {
      throw new Wrong({
        headline: "another question goes out than the one you were given",
        expected: `→ PUBLISH ${topic} with "${question}"`,
        got: `"${asked.text}"`,
        why: "the payload is the request as it is: who answers reads nothing else",
        wire: desk.frames(sent("publish")),
      });
    }
    if (asked.correlationData === undefined) {
      throw new Wrong({
        headline: "the request has no Correlation Data",
        expected: "→ PUBLISH with a Response Topic and Correlation Data",
        got: "→ PUBLISH with a Response Topic alone",
        why: "by its Correlation Data you know which request an answer belongs to [MQTT-3.3.2-16]",
        wire: desk.frames(sent("publish")),
      });
    }
    await responder.answer(asked, "yes");
    await settles(NAME, () => asking);
  });

  check(NAME, "returns the text of the answer", async (desk) => {
    const { ask, responder, asker } = await stage(desk);
    const asking = ask(asker, "hall");
    await responder.answer(await responder.next(asking), "21.5 °C");
    const got: unknown = await settles(NAME, () => asking);
    if (got === "21.5 °C") return;
    throw new Wrong({
      headline: "you return something else than the answer",
      expected: '"21.5 °C"',
      got: JSON.stringify(got) ?? "nothing",
      why: "the payload of the answer is text in UTF-8, and that is what your caller asked for",
      wire: desk.frames(received("publish")),
    });
  });

  check(NAME, "asks only when the broker has confirmed the subscription", async (desk) => {
    const { ask, responder, asker } = await stage(desk);
    const call = () => ask(asker, "hall");
    const held = await callWhileHeld(desk, received("suback"), "SUBSCRIBE", call);
    const early = desk.frames(sent("publish")).length > 0;
    held.release();
    if (!early) {
      await responder.answer(await responder.next(held.result), "yes");
      return void (await settles(NAME, () => held.result));
    }
    throw new Wrong({
      headline: "the request goes out before the answer could come back",
      expected: "→ SUBSCRIBE   ← SUBACK   → PUBLISH",
      got: "→ PUBLISH while the SUBACK was still on its way",
      why: "until the SUBACK nobody has promised that the answer will reach you [MQTT-3.8.4-1]",
      wire: desk.frames(({ type }) => type !== "connect" && type !== "connack"),
    });
  });

  check(NAME, "hears an answer that comes at once", async (desk) => {
    const { ask, responder, asker } = await stage(desk);
    // The answer follows right behind the acknowledgement of the request, in one piece.
    const isAcknowledgement = (frame: Frame) =>
      received("puback")(frame) || received("pubcomp")(frame);
    const puback = desk.faults.arm({ do: "hold" }, isAcknowledgement);
    desk.atEnd(() => puback.release());
    const asking = ask(asker, "hall");
    await responder.answer(await responder.hears(asking), "yes");
    await desk.sees(received("publish"), () => noAddress(desk));
    puback.release();
    await gets("yes", asking, () => ({
      headline: "an answer that comes at once is not heard",
      expected: "the answer",
      why: "it may come together with the acknowledgement of your request: listen before you ask",
      wire: desk.frames(({ type }) => type === "publish" || type === "puback"),
    }));
  });

  check(NAME, "tells the answers to several requests apart", async (desk) => {
    const { ask, responder, asker } = await stage(desk);
    const questions = ["hall", "attic", "cellar"];
    const asking = questions.map((question) => ask(asker, question));
    const asked: Request[] = [];
    while (asked.length < questions.length) asked.push(await responder.next(...asking));
    const outcomes = new Map<string, string>();
    for (const request of asked.toReversed()) {
      const index = questions.findIndex((question) => request.text.includes(question));
      const question = questions[index] ?? request.text;
      await responder.answer(request, `${question}?`);
      outcomes.set(question, await outcomeOf(asking[index]));
      await flush(asker);
    }
    const wrong = questions.find((question) => outcomes.get(question) !== `"${question}?"`);
    if (wrong === undefined) return;
    throw new Wrong({
      headline: "requests at the same time get in each other's way",
      expected: questions.map((question) => `${question}: "${question}?"`).join(", "),
      got: questions.map((question) => `${question}: ${outcomes.get(question)}`).join(", "),
      why: "the last one asked was answered first; when it was done, the others still needed their answers",
      wire: desk.frames(({ type }) => /publish|subscribe/.test(type ?? "")),
    });
  });

  check(NAME, "tells its answers apart from another client's", async (desk) => {
    const { ask, responder, asker } = await stage(desk);
    const other = await desk.client("other");
    const asking = [ask(asker, "hall"), ask(other, "attic")];
    const asked = [await responder.next(...asking), await responder.next(...asking)];
    // The other's first, so that whoever hears it by mistake takes it.
    for (const text of ["attic", "hall"]) {
      const request = asked.find((each) => each.text.includes(text));
      if (request === undefined) throw noAddress(desk);
      await responder.answer(request, `${text}?`);
      if (text === "attic") await outcomeOf(asking[1]);
    }
    await gets("hall?", asking[0], () => ({
      headline: "the answer to another client is taken for yours",
      expected: "the answer to this client's own request",
      why: "two clients must not come to the same Response Topic and the same Correlation Data",
      wire: desk.frames(({ type }) => type === "publish"),
    }));
  });

  for (const [kind, properties] of [
    ["with other Correlation Data", () => ({ correlationData: randomBytes(16) })],
    ["without Correlation Data", () => ({ userProperties: { from: "nobody" } })],
  ] as const) {
    check(NAME, `ignores an answer ${kind}`, async (desk) => {
      const { ask, responder, asker } = await stage(desk);
      const asking = ask(asker, "hall");
      const asked = await responder.next(asking);
      await responder.send(asked.responseTopic, "foreign", properties());
      if (kind === "without Correlation Data") await responder.send(asked.responseTopic, "foreign");
      await responder.answer(asked, "yes");
      await gets("yes", asking, () => ({
        headline: `an answer ${kind} disturbs`,
        expected: "the answer that comes after it",
        why:
          kind === "without Correlation Data"
            ? "anybody may publish on your Response Topic, and properties may be missing: that is nobody's answer"
            : "its Correlation Data says that this is the answer to another request",
        wire: desk.frames(({ type }) => type === "publish"),
      }));
    });
  }

  check(NAME, "does not take its own request for the answer", async (desk) => {
    const { ask, responder, asker, topic } = await stage(desk);
    await asker.subscribeAsync(topic, { qos: 1 });
    const asking = ask(asker, "hall");
    await responder.answer(await responder.next(asking), "yes");
    await gets("yes", asking, () => ({
      headline: "your own request is taken for the answer",
      expected: "the answer on the Response Topic",
      why: "the client hears requests too, and they carry the same Correlation Data: look at the topic",
      wire: desk.frames(({ type }) => type === "publish"),
    }));
  });

  check(NAME, "ends with an error when no answer comes", async (desk) => {
    const { ask, asker } = await stage(desk);
    const got = await outcomeOf(ask(asker, "hall", BRIEF));
    if (got.startsWith("Error")) return;
    throw new Wrong({
      headline: "a request without an answer does not end with an error",
      expected: `an error, after ${BRIEF} ms`,
      got,
      why: "nobody may be there to answer: who waits for it must get to know that",
      wire: desk.frames(({ type }) => type === "publish"),
    });
  });

  check(NAME, "gives a late answer to nobody", async (desk) => {
    const { ask, responder, asker } = await stage(desk);
    const first = ask(asker, "hall", BRIEF);
    const late = await responder.next(first.catch(unlessTimeIsUp));
    await outcomeOf(first);
    await unsubscribed(desk, asker);
    const second = ask(asker, "attic");
    const asked = await responder.next(second);
    await responder.answer(late, "too late");
    await responder.answer(asked, "yes");
    await gets("yes", second, () => ({
      headline: "a late answer disturbs the next request",
      expected: "the answer to the next request",
      why: "a request that has ended gets no answer any more, and its Correlation Data stays its own",
      wire: desk.frames(({ type }) => type === "publish"),
    }));
  });

  for (const [after, answered] of [
    ["an answer", true],
    ["no answer", false],
  ] as const) {
    /** Twice, one after the other: what a request leaves behind must not be needed by the next. */
    const askTwice = async (desk: Desk, { ask, responder, asker }: Stage) => {
      for (const question of ["hall", "attic"]) {
        const asking = ask(asker, question, answered ? PATIENT : BRIEF);
        if (answered) await responder.answer(await responder.next(asking), "yes");
        await outcomeOf(asking);
        await unsubscribed(desk, asker);
      }
    };

    check(NAME, `leaves no listener behind after ${after}`, async (desk) => {
      const staged = await stage(desk);
      const before = listenersOf(staged.asker);
      await askTwice(desk, staged);
      const more = listenersOf(staged.asker) - before;
      if (more <= 0) return;
      throw new Wrong({
        headline: `a listener stays on the client after ${after}`,
        expected: "as many listeners as before",
        got: `${more} more, after two requests`,
        why: "each of them is called for every message from now on, and none is ever freed",
      });
    });

    check(NAME, `leaves no subscription behind after ${after}`, async (desk) => {
      const staged = await stage(desk);
      await askTwice(desk, staged);
      const left = subscribedBy(desk);
      if (left.size === 0) return;
      throw new Wrong({
        headline: `a subscription stays with the broker after ${after}`,
        expected: "→ UNSUBSCRIBE for every filter that you subscribed to",
        got: `${left.size} left, such as ${[...left][0]}`,
        why: "the broker goes on sending what comes there, and keeps the filter until the session ends",
        wire: desk.frames(({ type }) => /subscribe/.test(type ?? "")),
      });
    });
  }

  check(NAME, "leaves no timer behind", async (desk) => {
    const { ask, responder, asker } = await stage(desk);
    const before = timers();
    for (let time = 0; time < OFTEN; time++) {
      const asking = ask(asker, "hall");
      await responder.answer(await responder.next(asking), "yes");
      await outcomeOf(asking);
      await unsubscribed(desk, asker);
    }
    const more = timers() - before;
    if (more < OFTEN / 2) return;
    throw new Wrong({
      headline: "a timer runs on after the answer",
      expected: "no timer of yours",
      got: `${more} more than before, after ${OFTEN} requests`,
      why: "a timer keeps the program from ending until its time is up: here for a minute",
    });
  });

  check(NAME, "keeps to its own names on a shared broker", async (desk) => {
    const { ask, responder, asker } = await stage(desk);
    const asking = ask(asker, "hall");
    await responder.answer(await responder.next(asking), "yes");
    await settles(NAME, () => asking);
    const foreign = foreignName(desk);
    if (foreign !== undefined) throw notYourOwn(desk, foreign);
  });
});

/** More often than the process has other timers that come and go: they may not hide these. */
const OFTEN = 8;

interface Request {
  readonly text: string;
  readonly responseTopic: string;
  readonly correlationData: Buffer | undefined;
}

type Stage = Awaited<ReturnType<typeof stage>>;

/** A client that asks, and the check itself to answer. */
async function stage(desk: Desk) {
  const { demonstrateRequestReply } = await answers();
  usePrefix(desk);
  const topic = prefixed(desk.name("questions"));
  const asker = await desk.client("asker");
  return {
    topic,
    asker,
    responder: await openResponder(desk, topic),
    ask: (client: MqttClient, question: string, timeout = PATIENT) => {
      const asking = (async () => demonstrateRequestReply(client, topic, question, timeout))();
      // Whoever needs the outcome asks for it later.
      asking.catch(() => {});
      return asking;
    },
  };
}

async function openResponder(desk: Desk, topic: string) {
  const helper = await desk.helper("responder");
  const waiting: Request[] = [];
  let wake = () => {};
  helper.on("message", (_topic, payload, { properties }) => {
    const { responseTopic = "", correlationData } = properties ?? {};
    waiting.push({ text: payload.toString(), responseTopic, correlationData });
    wake();
  });
  // With QoS 0, because a client that acknowledges first is slow to send what comes behind that.
  await helper.subscribeAsync(topic, { qos: 0 });

  const send = async (
    responseTopic: string,
    text: string,
    properties: IPublishPacket["properties"] = {},
  ) => {
    await helper.publishAsync(responseTopic, text, { qos: 1, properties });
  };
  /** The next request, as soon as it has come. Ends with the error of the calls that should make it. */
  const hears = async (...asking: readonly Promise<unknown>[]): Promise<Request> => {
    const failed = Promise.race(asking.map((one) => one.then(() => new Promise<never>(() => {}))));
    const come = new Promise<void>((resolve) => {
      wake = resolve;
      if (waiting.length > 0) resolve();
    });
    await settles(NAME, () => Promise.race([within(come, () => noRequest(desk)), failed]));
    const request = waiting.shift();
    if (request === undefined) throw noRequest(desk);
    if (request.responseTopic === "") throw noAddress(desk);
    return request;
  };
  return {
    hears,
    send,
    /** The next request, when whoever asked has seen that it went through. */
    next: async (...asking: readonly Promise<unknown>[]) => {
      const request = await hears(...asking);
      await acknowledged(desk);
      // By the end of a round trip whoever asked has read what the tap passed on before it.
      await flush(helper);
      return request;
    },
    answer: ({ responseTopic, correlationData }: Request, text: string) =>
      send(responseTopic, text, correlationData && { correlationData }),
  };
}

/** Waits until every request that wants an acknowledgement has one. */
async function acknowledged(desk: Desk): Promise<void> {
  for (const { packet: asked } of desk.frames(sent("publish"))) {
    if (asked?.cmd !== "publish" || asked.qos === 0) continue;
    const ends = asked.qos === 1 ? received("puback") : received("pubcomp");
    await desk.sees(
      (entry) => ends(entry) && entry.packet?.messageId === asked.messageId,
      () => brokerGone("it does not acknowledge a PUBLISH"),
    );
  }
}

function noRequest(desk: Desk): Wrong {
  return new Wrong({
    headline: "no request comes",
    expected: "→ PUBLISH on the topic that you were given",
    got: "none",
    why: "who is to answer subscribes to that topic, and hears nothing",
    wire: desk.frames(),
  });
}

function noAddress(desk: Desk): Wrong {
  return new Wrong({
    headline: "the request does not say where to answer",
    expected: "→ PUBLISH with a Response Topic",
    got: "→ PUBLISH without one",
    why: "who answers knows the way back only from the request itself [MQTT-3.3.2-15]",
    wire: desk.frames(sent("publish")),
  });
}

/** An error that ends the request in time is no reason to look no further; one that it begins with is. */
function unlessTimeIsUp(error: unknown): Promise<never> {
  if (error instanceof Todo) throw error;
  return new Promise(() => {});
}

/** What the call ended with, in words. */
async function outcomeOf(asking: Promise<unknown> | undefined): Promise<string> {
  const ended = async () => {
    try {
      return JSON.stringify(await asking) ?? "nothing";
    } catch (error) {
      if (error instanceof Todo) throw error;
      return error instanceof Error ? `Error: ${error.message}` : `no Error, but ${String(error)}`;
    }
  };
  const stuck = new Error();
  try {
    return await within(ended(), () => stuck);
  } catch (error) {
    if (error === stuck) return "neither an answer nor an error";
    throw error;
  }
}

/** The call returns this answer, and no other outcome is right. */
async function gets(
  expected: string,
  asking: Promise<unknown> | undefined,
  explain: () => Omit<Reasons, "got">,
): Promise<void> {
  const got = await outcomeOf(asking);
  const right = JSON.stringify(expected);
  if (got === right) return;
  const explanation = explain();
  throw new Wrong({ ...explanation, expected: `${right}, ${explanation.expected}`, got });
}

/** When this is through, all that the client has sent before is too. */
async function flush(client: MqttClient): Promise<void> {
  await client.publishAsync(prefixed("flush"), "", { qos: 1 });
}

/**
 * What the client has unsubscribed is no more. Before that the same topic must not be subscribed again:
 * a broker may work on both at once.
 */
async function unsubscribed(desk: Desk, client: MqttClient): Promise<void> {
  await flush(client);
  for (const { packet: asked } of desk.frames(sent("unsubscribe"))) {
    await desk.sees(
      (entry) => received("unsuback")(entry) && entry.packet?.messageId === asked?.messageId,
      () => brokerGone("it does not answer an UNSUBSCRIBE"),
    );
  }
}

function listenersOf(client: MqttClient): number {
  const counts = client.eventNames().map((event) => client.listenerCount(event as "message"));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The filters that are still subscribed to, as the packets tell it. */
function subscribedBy(desk: Desk): Set<string> {
  const filters = new Set<string>();
  for (const { packet } of desk.frames()) {
    if (packet?.cmd === "subscribe") {
      for (const { topic } of packet.subscriptions) filters.add(topic);
    }
    if (packet?.cmd === "unsubscribe") {
      for (const filter of packet.unsubscriptions) filters.delete(filter);
    }
  }
  return filters;
}

/** Timers that keep this process running. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
}
