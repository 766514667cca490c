import { connect, type IClientOptions, type MqttClient } from "mqtt";
import type { Outcome, ProxyOptions } from "../../../solutions/09-broker-proxy.ts";
import { startEmbedded } from "../../../workbook/broker/embedded.ts";
import { clientsFromHere } from "../../../workbook/checks/harness/clients.ts";
import { conditions } from "../../../workbook/checks/harness/conditions.ts";
import { within } from "../../../workbook/checks/harness/deadline.ts";
import { brokerGone, type Desk, received, sent } from "../../../workbook/checks/harness/desk.ts";
import { Inbox } from "../../../workbook/checks/harness/inbox.ts";
import { Wrong } from "../../../workbook/checks/harness/wrong.ts";
import { type DeviceServer, serveDevices } from "../../../workbook/proxy/device-server.ts";
import type { Message } from "../../../workbook/proxy/message.ts";
import type { Policy, Route } from "../../../workbook/proxy/routes.ts";
import { prefixed } from "../../../workbook/telemetry.ts";
import { answers, type Side, sideOf } from "./lab.ts";

/** The names of the three brokers. The site's is the broker under test. */
export type BrokerName = "site" | "cloud" | "archive";

/** The learner's proxy between three brokers, with a tap on each line. */
export interface ProxyRig {
  /** What stands behind each leg. */
  readonly brokers: Readonly<Record<BrokerName, Side>>;
  /** The devices' side. */
  readonly front: Side;
  readonly server: DeviceServer;
  /** What `onMissed` was called with. */
  readonly missed: {
    readonly broker: string;
    readonly payload: string;
    readonly outcome: Outcome;
  }[];
  /** A device that is connected to the proxy, and where its messages go. It does not reconnect. */
  device(base: string, options?: IClientOptions): Promise<{ client: MqttClient; inbox: Inbox }>;
}

/** All topics of the check that begin like this. */
export function under(desk: Desk, level: string): string {
  return prefixed(`${desk.name(level)}/#`);
}

/** A topic of the check under one of those. */
export function topicOf(desk: Desk, level: string, rest = "pump"): string {
  return prefixed(`${desk.name(level)}/${rest}`);
}

/** A route of the check's own to these brokers. */
export function routeTo(
  desk: Desk,
  level: string,
  acknowledge: Policy,
  ...brokers: [BrokerName, ...BrokerName[]]
): Route {
  return { filter: under(desk, level), brokers, acknowledge };
}

/** Start three brokers and the learner's proxy before them, until the check is over. */
export async function openProxy(
  desk: Desk,
  routes: readonly Route[],
  changed: Partial<ProxyOptions> & { readonly urls?: Partial<Record<BrokerName, string>> } = {},
): Promise<ProxyRig> {
  clientsFromHere(desk);
  const { ProxiedDevice } = await answers();
  const { urls = {}, ...options } = changed;
  const side = async (name: BrokerName) => sideOf(desk, name, urls[name] ?? (await embedded(desk)));
  const brokers = {
    site: await sideOf(desk, "site", urls.site ?? conditions().broker.url),
    cloud: await side("cloud"),
    archive: await side("archive"),
  };
  const missed: ProxyRig["missed"] = [];
  const server = await serveDevices(
    0,
    (deviceId) =>
      new ProxiedDevice(deviceId, {
        brokers: Object.entries(brokers).map(([name, { url }]) => ({ name, url })),
        routes,
        capacity: 1000,
        reconnectMs: 20,
        onMissed: (broker: string, { payload }: Message, outcome: Outcome) =>
          missed.push({ broker, payload: String(payload), outcome }),
        ...options,
      }),
  );
  desk.atEnd(() => server.close());
  const front = await sideOf(desk, "front", server.url);
  return {
    brokers,
    front,
    server,
    missed,
    device: async (base, own) => {
      const fixed = { clientId: desk.id(base), protocolVersion: 5, reconnectPeriod: 0 } as const;
      const client = connect(front.url, { ...fixed, ...own });
      const inbox = new Inbox();
      client.on("message", (topic, payload) => inbox.take(topic, String(payload)));
      client.on("error", () => {});
      desk.endLater(client);
      const connected = new Promise<void>((resolve) => client.once("connect", () => resolve()));
      // The proxy's server answers by itself, whatever the answers do.
      await within(connected, () => brokerGone("the proxy gave the device no CONNACK"));
      return { client, inbox };
    },
  };
}

async function embedded(desk: Desk): Promise<string> {
  const broker = await startEmbedded();
  desk.atEnd(() => broker.stop());
  return broker.url;
}

/** Waits until the legs of a device stand: from then on nothing waits for a connection. */
export async function legsStand(
  { brokers }: ProxyRig,
  names: readonly BrokerName[] = ["site", "cloud", "archive"],
): Promise<void> {
  for (const name of names) {
    await brokers[name].sees(
      received("connack"),
      () =>
        new Wrong({
          headline: `there is no leg to the ${name}`,
          expected: "→ CONNECT from the proxy",
          got: "none came",
          why: "a device has a leg to each broker, from when it connects",
          wire: brokers[name].frames(),
        }),
    );
  }
}

/** Listen on a broker, past the proxy. */
export async function listenOn(side: Side, base: string, filter: string): Promise<Inbox> {
  const client = await side.helper(base);
  const inbox = new Inbox();
  client.on("message", (topic, payload) => inbox.take(topic, String(payload)));
  await client.subscribeAsync(filter, { qos: 1 });
  return inbox;
}

/** Every acknowledgement of this broker is lost, and it never comes again on this line. */
export function silence(side: Side): void {
  const next = () => {
    side.faults.arm({ do: "drop" }, received("puback"), next);
  };
  next();
}

/** No leg gets through to this broker, until it is let. */
export function keepDown(side: Side): () => void {
  let isDown = true;
  const next = () => {
    side.faults.arm(
      { do: "cut", when: "before" },
      (frame) => isDown && sent("connect")(frame),
      next,
    );
  };
  next();
  return () => {
    isDown = false;
  };
}
