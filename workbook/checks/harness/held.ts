import { prefixed } from "../../telemetry.ts";
import { troubles } from "../../troubles/table.ts";
import type { Frame } from "../../wire/transcript.ts";
import { within } from "./deadline.ts";
import { type Desk, received } from "./desk.ts";
import { Wrong } from "./wrong.ts";

/** A call of a learner's function, and whether it had settled when we looked. */
export interface HeldCall<T> {
  readonly result: Promise<T>;
  /** It settled though the packet that it should wait for was still on its way. */
  readonly early: boolean;
  /** Let the packet go. */
  release(): void;
}

/**
 * Call a learner's function while the tap holds back one packet, and look, after a round trip to the
 * broker, whether the function waits for it.
 *
 * @param asks what the answer must send for the packet to come, e.g. `SUBSCRIBE`
 * @throws Wrong when neither the packet comes nor the function settles; what the function throws
 */
export async function callWhileHeld<T>(
  desk: Desk,
  packet: (frame: Frame) => boolean,
  asks: string,
  call: () => Promise<T>,
): Promise<HeldCall<T>> {
  const held = desk.faults.arm({ do: "hold" }, packet);
  desk.atEnd(() => held.release());
  const result = (async () => call())();
  let settled = false;
  const done = result.finally(() => {
    settled = true;
  });
  await within(Promise.race([held.met, done]), () => neverAsked(desk, asks));
  if (!settled) await Promise.race([roundTrip(desk), done]);
  return { result, early: settled, release: () => held.release() };
}

/** Waits until the broker has confirmed a subscription, for checks whose question is another one. */
export async function subscriptionConfirmed(desk: Desk): Promise<void> {
  await desk.sees(received("suback"), () => neverAsked(desk, "SUBSCRIBE"));
}

function neverAsked(desk: Desk, asks: string): Wrong {
  return new Wrong({
    headline: `there was no ${asks}`,
    expected: `→ ${asks}`,
    got: "none came",
    why:
      asks === "SUBSCRIBE"
        ? troubles.noSubscribe.cause
        : "the broker can only answer what it was asked",
    wire: desk.frames(),
  });
}

/** A whole turn to the broker and back: what was going to happen at once has happened by then. */
export async function roundTrip(desk: Desk): Promise<void> {
  const helper = await desk.helper("clock");
  await helper.publishAsync(prefixed(desk.name("round-trip")), "", { qos: 1 });
}
