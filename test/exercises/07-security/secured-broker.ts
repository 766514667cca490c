import { pbkdf2Sync, randomBytes } from "node:crypto";
import type { IClientOptions, IPublishPacket, MqttClient } from "mqtt";
import { ConfigurationRefused } from "../../../workbook/broker/configuration-refused.ts";
import { startMosquitto } from "../../../workbook/broker/mosquitto.ts";
import {
  listenerPorts,
  type Mosquitto,
  type Place,
} from "../../../workbook/broker/mosquitto-setup.ts";
import { loadAnswers, oncePerAnswers } from "../../../workbook/checks/harness/answers.ts";
import { conditions } from "../../../workbook/checks/harness/conditions.ts";
import { within } from "../../../workbook/checks/harness/deadline.ts";
import { brokerGone, type Desk, ownProblem } from "../../../workbook/checks/harness/desk.ts";
import { NotOnThisBroker } from "../../../workbook/checks/harness/not-on-this-broker.ts";
import { Wrong } from "../../../workbook/checks/harness/wrong.ts";
import { EnvironmentProblem } from "../../../workbook/environment-problem.ts";
import {
  type Authority,
  type Credentials,
  createAuthority,
} from "../../../workbook/security/certificates.ts";
import { type Knock, knock } from "../../../workbook/security/knock.ts";
import { openTap } from "../../../workbook/wire/tap.ts";
import type { Frame } from "../../../workbook/wire/transcript.ts";

export type Answers = typeof import("../../../solutions/07-security.ts");
export const answers = () => loadAnswers<Answers>();

/** Two customers. The dashboards have passwords, the devices certificates; where it helps, all have both. */
export const tenants = [
  { name: "north", devices: ["sensor_1", "sensor_2"], dashboards: ["dashboard"] },
  { name: "south", devices: ["meter_1"], dashboards: ["office"] },
] as const;
export const passwords = { dashboard: "Grüße: 7 Türme", office: "correct horse" } as const;
export const devicePort = 8883;
export const dashboardPort = 8884;
/** Room for what a check connects at one time, and no more than a flood can fill. */
export const maxConnections = 12;
export const limits = { packetBytes: 2000, queuedMessages: 10 } as const;

/** What a broker is made of. Each part is the learner's own where it is under test, else ours. */
export interface Parts {
  readonly general: (place: Place) => string;
  readonly dashboards: (place: Place) => string;
  readonly devices: (place: Place) => string;
  readonly files: Readonly<Record<string, string>>;
}

export interface SecuredBroker {
  readonly mosquitto: Mosquitto;
  readonly authority: Authority;
  readonly dashboardUrl: string;
  readonly deviceUrl: string;
  /** The certificate of one of this name, made when first asked for. */
  credentials(name: string): Promise<Credentials>;
  /** The options of a client that does everything right. */
  asDashboard(name: keyof typeof passwords): IClientOptions;
  asDevice(name: string): Promise<IClientOptions>;
}

let made: Promise<{ authority: Authority; broker: Credentials }> | undefined;

/** The authority of this run and the broker's certificate. */
export function pki(): Promise<{ authority: Authority; broker: Credentials }> {
  made ??= (async () => {
    const authority = await createAuthority("The checks' authority");
    const broker = await authority.issue({ name: "broker", hosts: ["127.0.0.1", "localhost"] });
    return { authority, broker };
  })();
  return made;
}

/** Where the learner's functions are told that the broker's files are. */
export function filesOf(place: Place) {
  return {
    authority: place.path("authority.crt"),
    certificate: place.path("broker.crt"),
    key: place.path("broker.key"),
    passwords: place.path("passwords"),
    rules: place.path("rules"),
  };
}

const reference = {
  general: (place: Place) => `
allow_anonymous false
password_file ${filesOf(place).passwords}
acl_file ${filesOf(place).rules}
`,
  // Without client ids tied to users: who is let in depends on the part under test alone.
  dashboards: (place: Place) => `
listener ${dashboardPort}
certfile ${filesOf(place).certificate}
keyfile ${filesOf(place).key}
`,
  devices: (place: Place) => `
listener ${devicePort}
cafile ${filesOf(place).authority}
certfile ${filesOf(place).certificate}
keyfile ${filesOf(place).key}
require_certificate true
use_identity_as_username true
`,
};

const rules = `
user sensor_1
topic write north/sensor_1/#
user sensor_2
topic write north/sensor_2/#
user dashboard
topic read north/#
user meter_1
topic write south/meter_1/#
user office
topic read south/#
`;

function referencePasswords(): string {
  return Object.entries(passwords)
    .map(([user, password]) => {
      const salt = randomBytes(12);
      const hash = pbkdf2Sync(password, salt, 101, 64, "sha512");
      return `${user}:$7$101$${salt.toString("base64")}$${hash.toString("base64")}\n`;
    })
    .join("");
}

/**
 * One Mosquitto for all checks of a function: started when the first of them asks for it, with the parts
 * that the learner's function makes and ours for the rest.
 */
export function securedBroker(
  functionName: string,
  own: () => Promise<Partial<Parts>>,
): () => Promise<SecuredBroker> {
  return oncePerAnswers(
    async () => start(functionName, await own()),
    ({ mosquitto }) => mosquitto.stop(),
  );
}

async function start(functionName: string, own: Partial<Parts>): Promise<SecuredBroker> {
  const { authority, broker } = await pki();
  const parts = { ...reference, ...own };
  const mosquitto = await startWith(functionName, parts, {
    "authority.crt": authority.certificate,
    "broker.crt": broker.certificate,
    "broker.key": broker.key,
    passwords: referencePasswords(),
    rules,
    ...own.files,
  });
  const issued = new Map<string, Promise<Credentials>>();
  const credentials = (name: string) => {
    const known = issued.get(name) ?? authority.issue({ name });
    issued.set(name, known);
    return known;
  };
  const ca = authority.certificate;
  return {
    mosquitto,
    authority,
    dashboardUrl: `mqtts://127.0.0.1:${mosquitto.ports.get(dashboardPort)}`,
    deviceUrl: `mqtts://127.0.0.1:${mosquitto.ports.get(devicePort)}`,
    credentials,
    asDashboard: (name) => ({
      protocolVersion: 5,
      ca,
      username: name,
      password: passwords[name],
    }),
    asDevice: async (name) => {
      const { certificate, key } = await credentials(name);
      return { protocolVersion: 5, ca, cert: certificate, key };
    },
  };
}

async function startWith(
  functionName: string,
  { general, dashboards, devices }: Omit<Parts, "files">,
  files: Readonly<Record<string, string>>,
): Promise<Mosquitto> {
  try {
    return await startMosquitto({
      files,
      configuration: (place) => {
        const text = [
          "persistence false\nset_tcp_nodelay true\nlog_dest stderr\n",
          general(place),
          dashboards(place),
          devices(place),
        ].join("\n");
        for (const port of [dashboardPort, devicePort]) needListener(functionName, text, port);
        return text;
      },
    });
  } catch (error) {
    if (!(error instanceof ConfigurationRefused)) {
      if (!(error instanceof EnvironmentProblem)) throw error;
      if (conditions().mayLackMosquitto) throw new NotOnThisBroker(error.message);
      throw ownProblem(error);
    }
    throw new Wrong({
      headline: "Mosquitto does not start with what you wrote",
      expected: "a broker that runs",
      got: error.complaint,
      why: "each line is the name of an option, a space, and its value; man mosquitto.conf has them all",
    });
  }
}

function needListener(functionName: string, configuration: string, port: number): void {
  const ports = listenerPorts(configuration);
  if (ports.filter((each) => each === port).length === 1) return;
  throw new Wrong({
    headline: `${functionName} makes no listener of its own`,
    expected: `listener ${dashboardPort} for dashboards, listener ${devicePort} for devices`,
    got: ports.map((each) => `listener ${each}`).join(", "),
    why: "what follows a line with listener counts for this port, up to the next such line",
  });
}

/** The text that a learner's function made. */
export function textOf(functionName: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw new Wrong({
    headline: `${functionName} returns no text`,
    expected: "a string, with a line break after each line",
    got: JSON.stringify(value) ?? "nothing",
    why: "it becomes the content of a file",
  });
}

/** Knock at the broker with a client that is ended when the check is over. */
export async function knocks(desk: Desk, url: string, options: IClientOptions): Promise<Knock> {
  const result = await knock(url, options);
  desk.endLater(result.client);
  return result;
}

/** Somebody who came in, through a tap that reads along. */
export interface Visitor {
  readonly client: MqttClient;
  /** What crossed the wire. */
  frames(): Frame[];
  /** Each message that was received. */
  readonly messages: readonly IPublishPacket[];
  /** Publish, and tell the reason code of the PUBACK; 0 is Success, 16 No matching subscribers. */
  publish(topic: string, payload: string, retain?: boolean): Promise<number>;
  /** Subscribe with QoS 1, and tell the reason code of the SUBACK. */
  subscribe(filter: string): Promise<number>;
  /**
   * To the broker and back: what was sent to this client before has come by now. Tells whether there was
   * an answer, or the line had ended.
   */
  roundTrip(): Promise<boolean>;
}

/**
 * Come in with these options, or say why not. The tap has the certificates and speaks TLS to the broker,
 * the client behind it plain MQTT to the tap: so the packets can be shown.
 *
 * @param refused what it means for the answer under test when the broker does not let this client in
 */
export async function visit(
  desk: Desk,
  url: string,
  { ca, cert, key, ...options }: IClientOptions,
  refused: (answer: string) => Error,
): Promise<Visitor> {
  const tap = await openTap(url, 0, { ca, cert, key } as Parameters<typeof openTap>[2]);
  desk.atEnd(() => tap.close());
  const frames = () => tap.transcript.frames();
  const { client, answer } = await knocks(desk, tap.url, options);
  if (client === undefined) throw refused(tapAnswer(tap.transcript.entries) ?? answer);

  const answered = async (type: "puback" | "suback", send: () => Promise<unknown>) => {
    const before = frames().filter((frame) => frame.type === type).length;
    let seen = 0;
    const arrives = tap.transcript.seen(
      (entry) =>
        (entry.kind === "frame" && entry.type === type && ++seen > before) ||
        entry.kind === "closed",
    );
    send().catch(() => {});
    const entry = await within(arrives, () => brokerGone(`no ${type.toUpperCase()}`));
    return entry.kind === "frame" ? codeOf(entry) : Number.NaN;
  };
  return {
    client,
    frames,
    // From the wire: what waited for a client comes before anybody can listen to it.
    get messages() {
      return frames().flatMap(({ direction, packet }) =>
        direction === "to-client" && packet?.cmd === "publish" ? [packet] : [],
      );
    },
    publish: (topic, payload, retain = false) =>
      answered("puback", () => client.publishAsync(topic, payload, { qos: 1, retain })),
    subscribe: (filter) => answered("suback", () => client.subscribeAsync(filter, { qos: 1 })),
    roundTrip: async () => {
      const filter = `round-trip/${randomBytes(4).toString("hex")}`;
      return !Number.isNaN(await answered("suback", () => client.subscribeAsync(filter)));
    },
  };
}

function tapAnswer(entries: readonly { kind: string; error?: string }[]): string | undefined {
  return entries.find(({ kind, error }) => kind === "closed" && error !== undefined)?.error;
}

function codeOf({ packet }: Frame): number {
  if (packet?.cmd === "puback") return packet.reasonCode ?? 0;
  if (packet?.cmd === "suback") return Number(packet.granted[0]);
  return Number.NaN;
}

/** A client of the check's own does not get in, though nothing under test is against it. */
export function notMine(who: string): (answer: string) => Error {
  return (answer) => brokerGone(`${who} is refused: ${answer}`);
}
