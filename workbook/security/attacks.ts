import { randomBytes } from "node:crypto";
import type { IClientOptions, MqttClient } from "mqtt";
import { reason } from "../wire/describe.ts";
import { type Authority, type Credentials, createAuthority } from "./certificates.ts";
import { openFlood } from "./flood.ts";
import { openImpostor } from "./impostor.ts";
import { knock } from "./knock.ts";

/** The broker that is attacked, and what an attacker has got hold of. */
export interface Target {
  readonly deviceUrl: string;
  readonly dashboardUrl: string;
  readonly authority: Authority;
  /** The options of good clients of these names: an attacker may be one of them. */
  asDevice(name: string): IClientOptions;
  asDashboard(name: string): IClientOptions;
  readonly maxConnections: number;
  readonly packetBytes: number;
}

/** What came of one attack. */
export interface Outcome {
  readonly attack: string;
  /** It did no harm. */
  readonly repelled: boolean;
  /** What the attacker saw, e.g. `TLS alert: certificate required`. */
  readonly answer: string;
}

type Attack = (target: Target) => Promise<Omit<Outcome, "attack">>;

/** By how many a limit may be missed for it. */
const MISCOUNTED = 10;
/** How long the broker may take to close connections, in milliseconds. */
const PATIENCE = 4000;
const day = 24 * 60 * 60 * 1000;
const own = "north/sensor_2/temperature";
const others = "north/sensor_1/temperature";

/** All of them: the flood, then in the order of a packet's way the line, the name, the rules. */
const attacks: Readonly<Record<string, Attack>> = {
  // First: before 2.0.12 Mosquitto counts a connection twice that has ended, and then lets in too many.
  "a flood of connections": async ({ dashboardUrl, maxConnections }) => {
    const count = 2 * maxConnections;
    const flood = await openFlood(Number(new URL(dashboardUrl).port), count);
    const most = maxConnections + MISCOUNTED;
    await Promise.race([flood.shrinksTo(most), rest(PATIENCE)]);
    const left = flood.open();
    await flood.end();
    return { repelled: left <= most, answer: `${left} of ${count} stay open` };
  },
  "plain MQTT to the TLS port": ({ deviceUrl }) =>
    getIn(deviceUrl.replace("mqtts:", "mqtt:"), { protocolVersion: 5 }),
  "no certificate": ({ deviceUrl, authority }) =>
    getIn(deviceUrl, { protocolVersion: 5, ca: authority.certificate }),
  "a certificate of another authority": async ({ deviceUrl, authority }) => {
    const other = await createAuthority(authority.name);
    return getIn(deviceUrl, showing(authority, await other.issue({ name: "sensor_1" })));
  },
  "a certificate that has expired": async ({ deviceUrl, authority }) => {
    const from = new Date(Date.now() - 9 * day);
    const until = new Date(Date.now() - day);
    return getIn(
      deviceUrl,
      showing(authority, await authority.issue({ name: "sensor_1", from, until })),
    );
  },
  "a false broker with another host's certificate": async ({ asDashboard, authority }) => {
    const certificate = await authority.issue({ name: "shop", hosts: ["shop.example"] });
    const impostor = await openImpostor(certificate);
    const { answer } = await getIn(impostor.url, asDashboard("dashboard"));
    await impostor.close();
    return { repelled: impostor.caught.length === 0, answer };
  },
  anonymous: ({ dashboardUrl, authority }) =>
    getIn(dashboardUrl, { protocolVersion: 5, ca: authority.certificate }),
  "a wrong password": ({ dashboardUrl, asDashboard }) =>
    getIn(dashboardUrl, { ...asDashboard("dashboard"), password: "12345678" }),
  "the client id of another": async (target) => {
    const id = { clientId: "sensor_1" };
    const robbed = await enter(target.deviceUrl, { ...target.asDevice("sensor_1"), ...id });
    const thief = await enter(target.deviceUrl, { ...target.asDevice("sensor_2"), ...id });
    const code = await publish(robbed, others, "21.5");
    await leave(robbed, thief);
    const answer = code === undefined ? "the other was thrown out" : "the other stays connected";
    return { repelled: code !== undefined, answer };
  },
  "publishing as another device": (target) => publishAs(target, false),
  "a retained message on another's topic": (target) => publishAs(target, true),
  "reading another tenant": (target) => read(target, "south/#"),
  "reading everything with #": (target) => read(target, "#"),
  "reading $SYS": (target) => read(target, "$SYS/#"),
  "an oversize packet": async (target) => {
    const sensor = await enter(target.deviceUrl, target.asDevice("sensor_2"));
    const code = await publish(sensor, own, "x".repeat(target.packetBytes));
    await leave(sensor);
    return {
      repelled: code === undefined,
      answer: code === undefined ? "the connection was ended" : puback(code),
    };
  },
};

/** Run all attacks, one after the other, on a broker that is somebody's own to attack. */
export async function attackAll(target: Target): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const [attack, run] of Object.entries(attacks)) {
    outcomes.push({ attack, ...(await run(target)) });
  }
  return outcomes;
}

function showing(authority: Authority, { certificate, key }: Credentials): IClientOptions {
  return { protocolVersion: 5, ca: authority.certificate, cert: certificate, key };
}

async function getIn(url: string, options: IClientOptions) {
  const { client, answer } = await knock(url, options);
  client?.end(true);
  return { repelled: client === undefined, answer };
}

/** With a name and all that belongs to it: that the broker lets this one in is no attack yet. */
async function enter(url: string, options: IClientOptions): Promise<MqttClient> {
  const { client, answer } = await knock(url, options);
  if (client === undefined) throw new Error(`a good client is refused: ${answer}`);
  return client;
}

async function leave(...clients: readonly MqttClient[]): Promise<void> {
  for (const client of clients) {
    if (client.connected) await client.endAsync();
    else client.end(true);
  }
}

async function publishAs(target: Target, retain: boolean) {
  const thief = await enter(target.deviceUrl, target.asDevice("sensor_2"));
  const code = await publish(thief, others, "99", retain);
  await leave(thief);
  return { repelled: code !== undefined && code >= 128, answer: puback(code ?? 0) };
}

/** The reason code of the PUBACK, or `undefined` where the line ended first. */
function publish(
  client: MqttClient,
  topic: string,
  payload: string,
  retain = false,
): Promise<number | undefined> {
  return new Promise((resolve) => {
    client.once("close", () => resolve(undefined));
    client.on("packetreceive", (packet) => {
      if (packet.cmd === "puback") resolve(packet.reasonCode ?? 0);
    });
    client.publishAsync(topic, payload, { qos: 1, retain }).catch(() => {});
  });
}

async function read(target: Target, filter: string) {
  const spy = await enter(target.dashboardUrl, target.asDashboard("dashboard"));
  const seen: string[] = [];
  spy.on("message", (topic) => seen.push(topic));
  const subscribe = (wanted: string) => spy.subscribeAsync(wanted, { qos: 1 }).catch(() => {});
  await subscribe(filter);
  const meter = await enter(target.deviceUrl, target.asDevice("meter_1"));
  await publish(meter, "south/meter_1/power", "230");
  // To the broker and back: what was on its way to the spy has come by then.
  await subscribe(`round-trip/${randomBytes(4).toString("hex")}`);
  await leave(spy, meter);
  const foreign = seen.filter((topic) => !topic.startsWith("north/"));
  return {
    repelled: foreign.length === 0,
    answer: foreign.length === 0 ? "SUBACK granted, and nothing comes" : `got ${foreign[0]}`,
  };
}

function puback(code: number): string {
  return `PUBACK ${reason(code)}`;
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
