import { connect, type IClientOptions, type MqttClient } from "mqtt";
import type { IPublishPacket } from "mqtt-packet";
import type { Leg, LegOptions, Outcome } from "../../../solutions/09-broker-proxy.ts";
import { loadAnswers } from "../../../workbook/checks/harness/answers.ts";
import { clientsFromHere } from "../../../workbook/checks/harness/clients.ts";
import { settles, within } from "../../../workbook/checks/harness/deadline.ts";
import { brokerGone, type Desk } from "../../../workbook/checks/harness/desk.ts";
import type { Message } from "../../../workbook/proxy/message.ts";
import { prefixed } from "../../../workbook/telemetry.ts";
import type { Faults } from "../../../workbook/wire/faults.ts";
import { openTap } from "../../../workbook/wire/tap.ts";
import type { Entry, Frame } from "../../../workbook/wire/transcript.ts";

/** What the checks of this lab have in common. */

export type Answers = typeof import("../../../solutions/09-broker-proxy.ts");
export const answers = () => loadAnswers<Answers>();

/** A message with QoS 1 that no other check has. */
export function messageOf(desk: Desk, changed: Partial<Message> = {}): Message {
  return {
    topic: prefixed(desk.name("readings")),
    payload: Buffer.from("21.5 °C"),
    qos: 1,
    retain: false,
    properties: {},
    copyId: undefined,
    ...changed,
  };
}

/** So many of them, each with its number as its payload. */
export function messagesOf(desk: Desk, count: number): Message[] {
  return Array.from({ length: count }, (_, number) =>
    messageOf(desk, { payload: Buffer.from(String(number)) }),
  );
}

/** The outcomes that were told, to wait for and to look through. */
export class Told {
  readonly all: { readonly label: string; readonly outcome: Outcome }[] = [];
  #look = () => {};

  /** A function to be told the outcome of something. */
  by(label: string): (outcome: Outcome) => void {
    return (outcome) => {
      this.all.push({ label, outcome });
      this.#look();
    };
  }

  /** Resolves when so many were told. */
  count(wanted: number, explain: () => Error): Promise<void> {
    const come = new Promise<void>((resolve) => {
      this.#look = () => {
        if (this.all.length >= wanted) resolve();
      };
      this.#look();
    });
    return within(come, explain);
  }

  toString(): string {
    return few(this.all.map(({ label, outcome }) => `${label} ${outcome}`));
  }
}

/** The learner's leg to the broker of the desk, or to another one. It ends with the check. */
export async function legOf(desk: Desk, changed: Partial<LegOptions> = {}): Promise<Leg> {
  clientsFromHere(desk);
  const { Leg } = await answers();
  const leg = await settles(
    "Leg",
    () =>
      new Leg({
        broker: { name: "site", url: desk.brokerUrl },
        deviceId: desk.id("pump"),
        capacity: 1000,
        reconnectMs: 20,
        onMessage: () => {},
        ...changed,
      }),
  );
  desk.atEnd(() => leg.close());
  return leg;
}

/** A tap of its own before something that speaks MQTT. */
export interface Side {
  readonly url: string;
  readonly faults: Faults;
  frames(matches?: (frame: Frame) => boolean): Frame[];
  sees(matches: (entry: Entry) => boolean, explain: () => Error): Promise<Entry>;
  /** A client straight to what stands behind the tap, which its transcript does not show. */
  helper(base: string, options?: IClientOptions): Promise<MqttClient>;
}

/** Open a tap until the check is over. */
export async function sideOf(desk: Desk, name: string, url: string): Promise<Side> {
  const tap = await openTap(url);
  desk.atEnd(() => tap.close());
  return {
    url: tap.url,
    faults: tap.faults,
    frames: (matches) => tap.transcript.frames(matches),
    sees: (matches, explain) => within(tap.transcript.seen(matches), explain),
    helper: (base, options) => helperOf(desk, url, `${name}-${base}`, options),
  };
}

/** A client of the check's own. It ends with the check. */
export async function helperOf(
  desk: Desk,
  url: string,
  base: string,
  options: IClientOptions = {},
): Promise<MqttClient> {
  const own = { clientId: desk.id(base), protocolVersion: 5, reconnectPeriod: 0 } as const;
  const client = connect(url, { ...own, ...options });
  desk.endLater(client);
  client.on("error", () => {});
  await within(new Promise<void>((resolve) => client.once("connect", () => resolve())), () =>
    brokerGone("no CONNACK"),
  );
  return client;
}

export function publishOf({ packet }: Frame): IPublishPacket | undefined {
  return packet?.cmd === "publish" ? packet : undefined;
}

export function payloadOf(frame: Frame): string {
  return publishOf(frame)?.payload.toString() ?? "";
}

/** Some of a list, for one line. */
export function few(values: readonly unknown[], most = 6): string {
  if (values.length === 0) return "none";
  const shown = values.slice(0, most).map(String).join(", ");
  return values.length > most ? `${shown} and ${values.length - most} more` : shown;
}
