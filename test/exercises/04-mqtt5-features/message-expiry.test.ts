import { loadAnswers, oncePerAnswers } from "../../../workbook/checks/harness/answers.ts";
import { check, describe } from "../../../workbook/checks/harness/check.ts";
import { clientsFromHere } from "../../../workbook/checks/harness/clients.ts";
import { settles } from "../../../workbook/checks/harness/deadline.ts";
import { type Desk, openDesk, received, sent } from "../../../workbook/checks/harness/desk.ts";
import { stillThere } from "../../../workbook/checks/harness/left-open.ts";
import { NotOnThisBroker } from "../../../workbook/checks/harness/not-on-this-broker.ts";
import { foreignName, notYourOwn, usePrefix } from "../../../workbook/checks/harness/own-names.ts";
import { clearAtEnd, keptOn } from "../../../workbook/checks/harness/retained.ts";
import { Wrong } from "../../../workbook/checks/harness/wrong.ts";
import { filterMatches } from "../../../workbook/wire/filters.ts";
import type { Frame } from "../../../workbook/wire/transcript.ts";
import { refuses } from "./refuses.ts";

type Answers = typeof import("../../../solutions/04-mqtt5-features.ts");
const answers = () => loadAnswers<Answers>();
const NAME = "demonstrateMessageExpiry";
/** In seconds. */
const lives = { short: 1, long: 60 };
type Text = keyof typeof lives;
const texts: readonly Text[] = ["short", "long"];
/** An answer may show one thing after the other, and wait twice. In milliseconds. */
const PATIENCE = 8000;

describe(NAME, () => {
  check(NAME, "gives each message its life, in seconds", async (desk) => {
    const { frames } = await run(desk);
    for (const text of texts) {
      const published = frames.filter((frame) => sent("publish")(frame) && textOf(frame) === text);
      const other = published.find((frame) => lifeOf(frame) !== lives[text]);
      if (published.length > 0 && other === undefined) continue;
      throw new Wrong({
        headline: `"${text}" does not go out with its life`,
        expected: `→ PUBLISH "${text}" with a Message Expiry Interval of ${lives[text]}`,
        got: other ? `→ PUBLISH with ${lifeOf(other) ?? "none"}` : `no PUBLISH "${text}"`,
        why: "the broker ends a message after so many seconds, and one without the property never [MQTT-3.3.2-5]",
        wire: published,
      });
    }
  });

  check(NAME, "has the long-lived message wait for who is away", async (desk) => {
    const { frames } = await run(desk);
    const back = comebacks(frames);
    const resumed = back.filter(({ connection }) =>
      frames.some((frame) => frame.connection === connection && isResumed(frame)),
    );
    const waited = deliveriesTo(frames, resumed).some((frame) => textOf(frame) === "long");
    const published = frames.filter((frame) => sent("publish")(frame) && textOf(frame) === "long");
    const asked = frames.filter((frame) => sent("subscribe")(frame));
    const weak = [...published, ...asked].some((frame) => qosOf(frame) === 0);
    if (waited && !weak) return;
    if (!weak && resumed.some((frame) => sessionLifeOf(frame) === 0)) {
      throw new NotOnThisBroker("it drops what waits for a session resumed without an expiry");
    }
    throw new Wrong({
      headline: "the long-lived message does not wait for who is away",
      expected: 'a client that comes back under its client id, and ← PUBLISH "long"',
      got:
        back.length === 0
          ? "no client id that connects a second time"
          : resumed.length === 0
            ? "the client came back, and the broker had no session for it"
            : "a message or a subscription with QoS 0",
      why:
        resumed.length === 0
          ? "the broker keeps messages for a session: no clean start, and a Session Expiry Interval [MQTT-3.1.2-23]"
          : "for an absent client only what is published and subscribed with QoS 1 or 2 is kept",
      wire: frames.filter(({ type }) => type !== "puback" && type !== "suback"),
    });
  });

  check(NAME, "has the long-lived message wait for who comes late", async (desk) => {
    const { frames } = await run(desk);
    if (kept(frames).some((frame) => textOf(frame) === "long")) return;
    const published = frames.some(
      (frame) => sent("publish")(frame) && isRetained(frame) && textOf(frame) === "long",
    );
    throw new Wrong({
      headline: "who comes late finds no long-lived message",
      expected: '→ PUBLISH retain "long", later → SUBSCRIBE, and ← PUBLISH retain "long"',
      got: published ? "nobody who subscribes later" : '→ PUBLISH "long" without the RETAIN flag',
      why: "the broker keeps a message for who comes later only if its PUBLISH says so [MQTT-3.3.1-5]",
      wire: frames.filter(({ type }) => type === "subscribe" || type === "publish"),
    });
  });

  check(NAME, "looks when the short life is surely over", async (desk) => {
    const { frames, problem } = await run(desk);
    const looks = looksAt(frames);
    if (looks.length === 0 && problem !== undefined) throw problem;
    const early = looks.find(({ waited }) => waited < (lives.short + 1) * 1000 - CLOCK);
    if (early !== undefined) {
      throw new Wrong({
        headline: "somebody looks before the short life is surely over",
        expected: `more than ${lives.short + 1} s between → PUBLISH "short" and ${early.arrow}`,
        got: `${(early.waited / 1000).toFixed(2)} s`,
        why: "a broker that counts whole seconds may keep a message for almost a second longer",
        wire: [early.published, early.look],
      });
    }
    const arrived = [...deliveriesTo(frames, comebacks(frames)), ...kept(frames)];
    const survived = arrived.some((frame) => textOf(frame) === "short");
    const isShort = frames.every(
      (frame) =>
        !sent("publish")(frame) || textOf(frame) !== "short" || lifeOf(frame) === lives.short,
    );
    if (survived && isShort) throw new NotOnThisBroker("it delivers messages that have expired");
  });

  check(NAME, "reports what came, and how long it had left", async (desk) => {
    const { frames, problem, report } = await run(desk);
    if (problem !== undefined) throw problem;
    const wire = {
      queued: deliveriesTo(frames, comebacks(frames)).filter(isOurs),
      retained: kept(frames).filter(isOurs),
    };
    const sides = ["queued", "retained"] as const;
    if (sides.every((side) => isTrue(report?.[side], wire[side]))) return;
    const inWords = (text: unknown, life: unknown) => `"${text}" with ${life ?? "no"} s left`;
    const tell = (side: (typeof sides)[number]) => {
      const arrivals: unknown = report?.[side];
      if (!Array.isArray(arrivals)) return `${side}: ${JSON.stringify(arrivals)}`;
      return `${side}: ${arrivals.map((one) => inWords(one?.text, one?.remaining)).join(", ") || "nothing"}`;
    };
    const expected = sides.map((side) => {
      const came = wire[side].map((frame) => inWords(textOf(frame), lifeOf(frame)));
      return `${side}: ${[...new Set(came)].join(" or ") || "nothing"}`;
    });
    throw new Wrong({
      headline: "your report is not what came",
      expected: expected.join("; "),
      got: sides.map(tell).join("; "),
      why: "each message says when it arrives how much of its life is left [MQTT-3.3.2-6]",
      wire: [...wire.queued, ...wire.retained],
    });
  });

  check(NAME, "keeps to its own names on a shared broker", async (desk) => {
    const { foreign } = await run(desk);
    if (foreign !== undefined) throw foreign;
  });

  check(NAME, "leaves nothing behind", async (desk) => {
    const { left, problem, frames } = await run(desk);
    if (left === undefined && problem !== undefined) throw problem;
    if (left === undefined) return;
    throw new Wrong({
      headline: `${NAME} leaves something behind`,
      expected: "no connection, no session, and no retained message",
      got: left,
      why: "what nobody ends stays: it keeps the program running, or fills the broker",
      wire: frames.filter(({ type }) => type === "connect" || type === "disconnect"),
    });
  });

  check(NAME, "refuses a life that is none", async (desk) => {
    const { demonstrateMessageExpiry } = await answers();
    clientsFromHere(desk);
    for (const [shortLife, longLife] of [
      [0, lives.long],
      [-1, lives.long],
      [lives.short, 0],
      [lives.short, -5],
    ] as const) {
      const bad = shortLife < 1 ? shortLife : longLife;
      const given = {
        given: `a life of ${bad} seconds`,
        why:
          bad === 0
            ? "brokers do not agree on 0: with some such a message never ends"
            : "four bytes without a sign stand for it on the wire: the library sends nothing, and says nothing",
      };
      await refuses(desk, NAME, given, () =>
        demonstrateMessageExpiry(desk.brokerUrl, shortLife, longLife),
      );
    }
  });
});

/** A timer may be early by a millisecond, and so may the tap's clock. */
const CLOCK = 5;

/** What there is to judge once the function is through. */
interface Run {
  readonly frames: readonly Frame[];
  readonly report: Awaited<ReturnType<Answers["demonstrateMessageExpiry"]>> | undefined;
  /** Why there is no report. */
  readonly problem: Wrong | undefined;
  readonly foreign: Wrong | undefined;
  /** What is still there, in words. */
  readonly left: string | undefined;
}

/** Waiting for messages to expire takes seconds: the function is called once, for all the checks. */
const run = oncePerAnswers(runOnce);

async function runOnce({ seed, name: nameFrom }: Desk): Promise<Run> {
  const { demonstrateMessageExpiry } = await answers();
  const desk = await openDesk(seed, nameFrom("for all the checks"));
  try {
    usePrefix(desk);
    await clearAtEnd(desk);
    const clients = clientsFromHere(desk);
    const call = () => demonstrateMessageExpiry(desk.brokerUrl, lives.short, lives.long);
    let report: Run["report"];
    let problem: Run["problem"];
    try {
      report = await settles(NAME, call, PATIENCE);
    } catch (error) {
      if (!(error instanceof Wrong)) throw error;
      problem = error;
    }
    const frames = desk.frames();
    const name = foreignName(desk);
    const foreign = name === undefined ? undefined : notYourOwn(desk, name);
    // Who is stuck has had no time to tidy up.
    const left = problem ? undefined : await leftBehind(desk, clients, frames);
    return { frames, report, problem, foreign, left };
  } finally {
    await desk.close();
  }
}

async function leftBehind(
  desk: Desk,
  clients: ReturnType<typeof clientsFromHere>,
  frames: readonly Frame[],
): Promise<string | undefined> {
  const open = await stillThere(desk, clients);
  if (open !== undefined) return open;
  const sessions = new Set(
    frames.filter((frame) => sessionLifeOf(frame)).map(({ connection }) => connection.clientId),
  );
  for (const clientId of sessions) {
    if (!clientId) continue;
    // Through the tap, where it can be read; it takes the session along when it goes.
    await desk.client("heir", { clientId, clean: false, properties: { sessionExpiryInterval: 0 } });
    const connack = desk.frames(received("connack", clientId)).at(-1);
    if (connack && isResumed(connack)) return `the session of ${clientId}`;
  }
  const topics = new Set(frames.filter((frame) => sent("publish")(frame)).map(topicOf));
  for (const topic of topics) {
    const message = topic === "" ? undefined : await keptOn(desk, topic);
    if (message?.retain) return `"${message.payload}", retained on ${topic}`;
  }
  return undefined;
}

/** Connections under a client id that was there before. */
function comebacks(frames: readonly Frame[]): Frame[] {
  const seen = new Set<string | undefined>();
  return frames.filter((frame) => {
    if (!sent("connect")(frame)) return false;
    const again = seen.has(frame.connection.clientId);
    seen.add(frame.connection.clientId);
    return again;
  });
}

/** Whatever its RETAIN flag says: a broker may leave it as it was published. */
function deliveriesTo(frames: readonly Frame[], connects: readonly Frame[]): Frame[] {
  const connections = new Set(connects.map(({ connection }) => connection));
  return frames.filter((frame) => received("publish")(frame) && connections.has(frame.connection));
}

/** What was delivered as retained to somebody who had just subscribed. */
function kept(frames: readonly Frame[]): Frame[] {
  const subscribed = frames.filter(sent("subscribe"));
  return frames.filter(
    (frame) =>
      received("publish")(frame) &&
      isRetained(frame) &&
      subscribed.some(({ connection, at }) => connection === frame.connection && at <= frame.at),
  );
}

interface Look {
  readonly published: Frame;
  readonly look: Frame;
  readonly arrow: string;
  /** In milliseconds. */
  readonly waited: number;
}

/** Each moment at which somebody would get "short" if it were still there. */
function looksAt(frames: readonly Frame[]): Look[] {
  const filtersOf = (clientId: string | undefined) =>
    frames.flatMap(({ packet, connection }) =>
      packet?.cmd === "subscribe" && connection.clientId === clientId
        ? packet.subscriptions.map(({ topic }) => topic)
        : [],
    );
  const back = comebacks(frames);
  return frames.flatMap((look) => {
    const isBack = back.includes(look);
    if (!isBack && !sent("subscribe")(look)) return [];
    const filters =
      look.packet?.cmd === "subscribe"
        ? look.packet.subscriptions.map(({ topic }) => topic)
        : filtersOf(look.connection.clientId);
    const published = frames
      .slice(0, frames.indexOf(look))
      .findLast(
        (frame) =>
          sent("publish")(frame) &&
          textOf(frame) === "short" &&
          (isBack || isRetained(frame)) &&
          filters.some((filter) => filterMatches(filter, topicOf(frame))),
      );
    if (published === undefined) return [];
    const arrow = isBack ? "→ CONNECT, when the subscriber comes back" : "→ SUBSCRIBE";
    return { published, look, arrow, waited: look.at - published.at };
  });
}

/** Everything that is reported came, and every message that came is reported. */
function isTrue(reported: unknown, came: readonly Frame[]): boolean {
  if (!Array.isArray(reported)) return false;
  const known = (one: { text?: unknown; remaining?: unknown } | undefined) =>
    came.some((frame) => textOf(frame) === one?.text && lifeOf(frame) === one?.remaining);
  return (
    reported.every(known) &&
    came.every((frame) => reported.some((one) => one?.text === textOf(frame)))
  );
}

function isOurs(frame: Frame): boolean {
  return texts.some((text) => text === textOf(frame));
}

function textOf({ packet }: Frame): string {
  return packet?.cmd === "publish" ? packet.payload.toString() : "";
}

function topicOf({ packet }: Frame): string {
  return packet?.cmd === "publish" ? packet.topic : "";
}

function isRetained({ packet }: Frame): boolean {
  return packet?.cmd === "publish" && packet.retain;
}

function lifeOf({ packet }: Frame): number | undefined {
  return packet?.cmd === "publish" ? packet.properties?.messageExpiryInterval : undefined;
}

function isResumed({ packet }: Frame): boolean {
  return packet?.cmd === "connack" && packet.sessionPresent;
}

/** Of a PUBLISH, or the lowest that a SUBSCRIBE asks for. */
function qosOf({ packet }: Frame): number | undefined {
  if (packet?.cmd === "publish") return packet.qos;
  if (packet?.cmd !== "subscribe") return undefined;
  return Math.min(...packet.subscriptions.map(({ qos }) => qos));
}

/** For how long the broker is asked to keep the session of this CONNECT, in seconds. */
function sessionLifeOf({ packet }: Frame): number {
  return packet?.cmd === "connect" ? (packet.properties?.sessionExpiryInterval ?? 0) : 0;
}
