import { describe } from "vitest";
import { prefixed } from "../../../workbook/telemetry.ts";
import { loadAnswers } from "../../harness/answers.ts";
import { check } from "../../harness/check.ts";
import { clientsFromHere } from "../../harness/clients.ts";
import { settles, within } from "../../harness/deadline.ts";
import { type Desk, received, sent } from "../../harness/desk.ts";
import { roundTrip, subscriptionConfirmed } from "../../harness/held.ts";
import { Wrong } from "../../harness/wrong.ts";
import { waitsForSuback } from "./confirmation.ts";

type Answers = typeof import("../../../solutions/04-mqtt5-features.ts");
const answers = () => loadAnswers<Answers>("04-mqtt5-features");

describe("consumeSlowly", () => {
  /** A consumer whose work ends when the check says so. */
  const consume = async (desk: Desk, atOnce: number) => {
    const { consumeSlowly } = await answers();
    const topic = prefixed(desk.name("orders"));
    const begun: unknown[] = [];
    let finish: () => void = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let wake: () => void = () => {};
    const work = (payload: string) => {
      begun.push(payload);
      wake();
      return finished;
    };
    const helper = await desk.helper("guest");
    clientsFromHere(desk);
    // Before the clients are ended: one with work to do does not leave.
    desk.atEnd(() => finish());
    const client = await settles("consumeSlowly", () =>
      consumeSlowly(desk.brokerUrl, topic, atOnce, work),
    );
    desk.endLater(client);
    await subscriptionConfirmed(desk);
    const order = async (...payloads: string[]) => {
      for (const payload of payloads) await helper.publishAsync(topic, payload, { qos: 1 });
    };
    const worked = (count: number, explain: () => Error) =>
      within(
        new Promise<void>((resolve) => {
          wake = () => begun.length >= count && resolve();
          wake();
        }),
        explain,
      );
    return { begun, order, worked, finish: () => finish() };
  };

  check("consumeSlowly", "tells the broker how many it takes at once", async (desk) => {
    const atOnce = 2 + Math.floor(desk.random() * 5);
    await consume(desk, atOnce);
    const [connect] = desk.frames(sent("connect"));
    const asked =
      connect?.packet?.cmd === "connect" ? connect.packet.properties?.receiveMaximum : undefined;
    if (asked === atOnce) return;
    throw new Wrong({
      headline: "the broker is not told when to stop",
      expected: `→ CONNECT with Receive Maximum ${atOnce}`,
      got: `→ CONNECT with ${asked === undefined ? "none, which means 65535" : asked}`,
      why: "Receive Maximum is a property of the CONNECT; the broker keeps to it [MQTT-3.3.4-9]",
      wire: desk.frames(),
    });
  });

  check("consumeSlowly", "subscribes with a level that is acknowledged", async (desk) => {
    await consume(desk, 2);
    const [subscribe] = desk.frames(sent("subscribe"));
    const qos = subscribe?.packet?.cmd === "subscribe" && subscribe.packet.subscriptions[0]?.qos;
    if (qos === 1) return;
    throw new Wrong({
      headline: `it is subscribed with QoS ${qos}`,
      expected: "→ SUBSCRIBE with QoS 1",
      got: `→ SUBSCRIBE with QoS ${qos}`,
      why: "flow control counts what is not acknowledged yet: QoS 0 never is, and QoS 2 takes four packets",
      wire: desk.frames(),
    });
  });

  check("consumeSlowly", "resolves when the subscription is confirmed", async (desk) => {
    const { consumeSlowly } = await answers();
    clientsFromHere(desk);
    await waitsForSuback(desk, "consumeSlowly", () =>
      consumeSlowly(desk.brokerUrl, prefixed(desk.name("orders")), 2, async () => {}),
    );
  });

  check("consumeSlowly", "acknowledges only what is done", async (desk) => {
    const { order, worked, finish } = await consume(desk, 2);
    await order("soup", "rice");
    const neverBegun = () => notWorked(desk, "no call of work");
    await worked(1, neverBegun);
    await roundTrip(desk);
    const early = desk.frames(sent("puback"));
    if (early.length > 0) {
      throw new Wrong({
        headline: "a message is acknowledged before its work is done",
        expected: "→ PUBACK when the promise of work has resolved",
        got: "→ PUBACK while the work was under way",
        why: "the broker takes a PUBACK for room, and sends the next one: nothing holds it back",
        wire: desk.frames((frame) => frame.type === "publish" || frame.type === "puback"),
      });
    }
    finish();
    await desk.sees(
      sent("puback"),
      () =>
        new Wrong({
          headline: "the work is done, and nobody tells the broker",
          expected: "→ PUBACK",
          got: "no PUBACK",
          why: "after Receive Maximum messages without an acknowledgement nothing comes any more",
          wire: desk.frames((frame) => frame.type === "publish" || frame.type === "puback"),
        }),
    );
  });

  check("consumeSlowly", "works through all of them, payload by payload", async (desk) => {
    const { begun, order, worked, finish } = await consume(desk, 2);
    finish();
    const orders = ["soup", "rice", "fish", "cake", "tea"].map(desk.name);
    await order(...orders);
    const described = () => begun.map((value) => JSON.stringify(value) ?? String(value)).join(", ");
    await worked(orders.length, () => notWorked(desk, described() || "no call of work"));
    if (begun.join() === orders.join() && begun.every((value) => typeof value === "string")) return;
    throw notWorked(desk, described());
  });
});

function notWorked(desk: Desk, got: string): Wrong {
  return new Wrong({
    headline: "work is not called with what came",
    expected: "a call for each message, in order, with its payload as text",
    got,
    why: "who does not acknowledge gets no more than Receive Maximum; a payload arrives as a Buffer",
    wire: desk.frames((frame) => received("publish")(frame) || sent("puback")(frame)),
  });
}
