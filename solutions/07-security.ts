/**
 * Lab 7: security.
 *
 * A broker that keeps strangers out. You write both sides: what the broker is told (mosquitto.conf, its
 * access rules, its passwords) and the options with which clients connect. A real Mosquitto is started
 * with what you write, and attacked.
 *
 * Two customers share the broker, each below a name of its own: `north/sensor_1/temperature`. A device
 * shows a certificate, a person at a dashboard a password, and everything is encrypted.
 *
 * The lesson is beside this file: exercises/07-security.md
 */
import { pbkdf2Sync, randomBytes } from "node:crypto";
import { connectAsync, type IClientOptions, type MqttClient } from "mqtt";
import type { Mosquitto } from "../workbook/broker/mosquitto-setup.ts";
import { runBrokerScript, type Workshop } from "../workbook/script.ts";
import { clients, tenants } from "../workbook/security/cast.ts";
import type { Certificates } from "../workbook/security/certificate-folder.ts";
import type { Credentials } from "../workbook/security/certificates.ts";

/** A customer on the broker: all that is its own lies below its name, `<tenant>/<device>/<kind>`. */
export interface Tenant {
  readonly name: string;
  /** Each publishes its own readings, below `<tenant>/<device>/`, and does nothing else. */
  readonly devices: readonly string[];
  /** Each reads all readings of the tenant, and does nothing else. */
  readonly dashboards: readonly string[];
}

/** Where the broker finds its files: full paths, without spaces. */
export interface BrokerFiles {
  /** The certificate of the authority that signed the broker's certificate and the devices'. */
  readonly authority: string;
  /** The broker's own certificate, and the key to it. */
  readonly certificate: string;
  readonly key: string;
  /** The password file: a line for each user. */
  readonly passwords: string;
  /** The access rules. */
  readonly rules: string;
}

/** How much one client may ask of the broker. */
export interface Limits {
  /** The largest packet that it accepts, in bytes, all of the packet counted. */
  readonly packetBytes: number;
  /** How many messages it keeps for a client that is away or slow. */
  readonly queuedMessages: number;
}

/** Where devices connect, with a certificate: what MQTT over TLS is registered for. */
export const DEVICE_PORT = 8883;
/** Where people's dashboards connect, with a password. */
export const DASHBOARD_PORT = 8884;

/**
 * The line of the password file for this user: `<user>:$7$<iterations>$<salt>$<hash>`.
 *
 * The file may be stolen, so it must not help the thief. The hash is PBKDF2 with SHA-512: 64 bytes made
 * of the password, the salt and at least 10,000 iterations. The salt is 12 random bytes, new for each
 * line. Salt and hash are written in base64.
 */
export function passwordLine(username: string, password: string): string {
  // #region answer
  const iterations = 10_000;
  const salt = randomBytes(12);
  const hash = pbkdf2Sync(password, salt, iterations, 64, "sha512");
  return `${username}:$7$${iterations}$${salt.toString("base64")}$${hash.toString("base64")}`;
  // #endregion
}

/**
 * The text of the access rules (Mosquitto's `acl_file`): what each user of these tenants may do.
 *
 * A device may publish below `<tenant>/<its own name>/`, a dashboard may read everything below
 * `<tenant>/`. Nobody may do anything else, and a user that is not in the list nothing at all. With such
 * a file whatever no line allows is forbidden.
 */
export function accessRules(tenants: readonly Tenant[]): string {
  // #region answer
  return tenants
    .flatMap(({ name, devices, dashboards }) => [
      ...devices.map((device) => `user ${device}\ntopic write ${name}/${device}/#\n`),
      ...dashboards.map((dashboard) => `user ${dashboard}\ntopic read ${name}/#\n`),
    ])
    .join("\n");
  // #endregion
}

/**
 * The part of mosquitto.conf that counts for everybody.
 *
 * Nobody is served without saying who he is. Passwords and access rules are in these files. A packet over
 * the limit ends the connection, and MQTT 5 clients are told the limit in the CONNACK [MQTT-3.2.2-15]. So
 * many messages and no more wait for a client that is away.
 */
export function generalSettings(files: BrokerFiles, limits: Limits): string {
  // #region answer
  return `
allow_anonymous false
password_file ${files.passwords}
acl_file ${files.rules}
max_packet_size ${limits.packetBytes}
max_queued_messages ${limits.queuedMessages}
`;
  // #endregion
}

/**
 * The part of mosquitto.conf for dashboards: a listener on `DASHBOARD_PORT` that speaks TLS only, and
 * shows the broker's certificate. Its clients say a user name and a password.
 *
 * A client id is worth something: whoever connects with it ends the connection that has it, and gets what
 * waits for it [MQTT-3.1.4-3]. So whatever client id a client asks for, it gets its user name as its id.
 * No more than so many connections at once.
 */
export function dashboardListener(files: BrokerFiles, maxConnections: number): string {
  // #region answer
  return `
listener ${DASHBOARD_PORT}
certfile ${files.certificate}
keyfile ${files.key}
use_username_as_clientid true
max_connections ${maxConnections}
`;
  // #endregion
}

/**
 * The part of mosquitto.conf for devices: a listener on `DEVICE_PORT` that speaks TLS only, and lets
 * nobody in who does not show a certificate of our authority.
 *
 * The name in the certificate is the user, whatever the CONNECT says, and no password is asked for. Client
 * ids and the number of connections: as for dashboards.
 */
export function deviceListener(files: BrokerFiles, maxConnections: number): string {
  // #region answer
  return `
listener ${DEVICE_PORT}
cafile ${files.authority}
certfile ${files.certificate}
keyfile ${files.key}
require_certificate true
use_identity_as_username true
use_username_as_clientid true
max_connections ${maxConnections}
`;
  // #endregion
}

/**
 * The options with which a dashboard connects to `mqtts://…`: it knows our authority, and says its user
 * name and password, in MQTT 5.
 *
 * To nobody but our broker: a server whose certificate is not from our authority, is for another host or
 * has expired must not even see the CONNECT, because the password is in it.
 *
 * @param authority the authority's certificate, as PEM text
 */
export function dashboardOptions(
  authority: string,
  username: string,
  password: string,
): IClientOptions {
  // #region answer
  return { protocolVersion: 5, ca: authority, username, password };
  // #endregion
}

/**
 * The options with which a device connects to `mqtts://…`: it knows our authority, and shows its own
 * certificate, in MQTT 5. To nobody but our broker.
 *
 * @param authority the authority's certificate, as PEM text
 * @param own the device's certificate and the key to it, as PEM text
 */
export function deviceOptions(authority: string, own: Credentials): IClientOptions {
  // #region answer
  return { protocolVersion: 5, ca: authority, cert: own.certificate, key: own.key };
  // #endregion
}

/**
 * The same rules for Mosquitto's dynamic security plugin, as the text of its JSON file. It judges a
 * SUBSCRIBE too, and says so in the SUBACK: reason 135, Not authorized.
 *
 * The file has `defaultACLAccess`, which says what counts where no rule does; `roles`, each with its
 * `acls`; and `clients`, each with its user name and its roles. Here everybody comes with a certificate,
 * so the clients have no passwords.
 */
export function dynamicSecurity(tenants: readonly Tenant[]): string {
  // #region answer
  const role = (rolename: string, acltypes: readonly string[], topic: string) => ({
    rolename,
    acls: acltypes.map((acltype) => ({ acltype, topic, allow: true })),
  });
  const publishing = ["publishClientSend"];
  const reading = ["subscribePattern", "publishClientReceive"];
  const roles = tenants.flatMap(({ name, devices, dashboards }) => [
    ...devices.map((device) => role(device, publishing, `${name}/${device}/#`)),
    ...dashboards.map((dashboard) => role(dashboard, reading, `${name}/#`)),
  ]);
  return JSON.stringify({
    defaultACLAccess: {
      publishClientSend: false,
      publishClientReceive: false,
      subscribe: false,
      unsubscribe: true,
    },
    roles,
    clients: roles.map(({ rolename }) => ({ username: rolename, roles: [{ rolename }] })),
  });
  // #endregion
}

const limits: Limits = { packetBytes: 2000, queuedMessages: 100 };
const maxConnections = 20;

/** A broker for two tenants: a good day, a subscription that is granted and stays silent, and attacks. */
export async function main(workshop: Workshop): Promise<void> {
  const certificates = await workshop.certificates(clients);
  // New ones with each run: nobody has to remember them.
  const passwords = new Map<string, string>(
    tenants.flatMap(({ dashboards }) =>
      dashboards.map((user) => [user, randomBytes(12).toString("base64url")] as const),
    ),
  );
  const broker = await startSecured(workshop, certificates, passwords);
  const asDevice = (name: string) =>
    deviceOptions(certificates.authority.certificate, certificates.of(name));
  const asDashboard = (name: string) =>
    dashboardOptions(certificates.authority.certificate, name, passwords.get(name) ?? "");
  const deviceUrl = `mqtts://127.0.0.1:${broker.ports.get(DEVICE_PORT)}`;
  const dashboardUrl = `mqtts://127.0.0.1:${broker.ports.get(DASHBOARD_PORT)}`;

  const sensor = await connectAsync(deviceUrl, asDevice("sensor_1"));
  const meter = await connectAsync(deviceUrl, asDevice("meter_1"));
  const report = async () => {
    await sensor.publishAsync("north/sensor_1/temperature", "21.5", { qos: 1 });
    await meter.publishAsync("south/meter_1/power", "230", { qos: 1 });
  };

  // The tap speaks TLS to the broker, and plain MQTT to a client on this very machine.
  const { ca, ...account } = asDashboard("dashboard");
  const line = await workshop.tapTls(broker, DASHBOARD_PORT, {
    ca: certificates.authority.certificate,
  });
  const dashboard = await connectAsync(line.brokerUrl, { ...account, clientId: "dashboard" });
  await ask(dashboard, "north/#");
  await report();
  await settled(dashboard);
  line.showWire("The dashboard of north reads what sensor_1 reports, and nothing else");
  await ask(dashboard, "south/#");
  await report();
  await dashboard.endAsync();
  line.showWire("It asks for the readings of south: granted, and then silence");

  const truthful = await startTruthful(workshop, certificates);
  const own = certificates.of("dashboard");
  const told = await workshop.tapTls(truthful, DEVICE_PORT, {
    ca: certificates.authority.certificate,
    cert: own.certificate,
    key: own.key,
  });
  const asked = await connectAsync(told.brokerUrl, { protocolVersion: 5, clientId: "dashboard" });
  await ask(asked, "north/#");
  await ask(asked, "south/#");
  await asked.endAsync();
  told.showWire("The same with dynamic security: the SUBACK tells the truth");

  await Promise.all([sensor, meter].map((client) => client.endAsync()));
  console.log("\nThe attacks, and what the attacker saw:\n");
  const outcomes = await workshop.attack({
    deviceUrl,
    dashboardUrl,
    authority: certificates.authority,
    asDevice,
    asDashboard,
    maxConnections,
    packetBytes: limits.packetBytes,
  });
  for (const { attack, repelled, answer } of outcomes) {
    console.log(`  ${repelled ? "held   " : "BROKEN "} ${attack}\n          ${answer}`);
  }
  const held = outcomes.filter(({ repelled }) => repelled).length;
  console.log(`\n${held} of ${outcomes.length} attacks did no harm`);

  const after = await connectAsync(deviceUrl, asDevice("sensor_1"));
  await after.publishAsync("north/sensor_1/temperature", "21.6", { qos: 1 });
  await after.endAsync();
  console.log("and the good device still reports its readings");
}

/** Subscribe, and take no for an answer. */
async function ask(client: MqttClient, filter: string): Promise<void> {
  await client.subscribeAsync(filter, { qos: 1 }).catch(() => {});
}

/** To the broker and back: what was on its way to this client has come. */
async function settled(client: MqttClient): Promise<void> {
  await client.unsubscribeAsync("nothing").catch(() => {});
}

/** How the parts become one configuration. The first three lines are about nobody's security. */
function startSecured(
  { start }: Workshop,
  certificates: Certificates,
  passwords: ReadonlyMap<string, string>,
): Promise<Mosquitto> {
  const lines = [...passwords].map(([user, password]) => passwordLine(user, password));
  return start({
    files: {
      ...filesFor(certificates),
      passwords: `${lines.join("\n")}\n`,
      rules: accessRules(tenants),
    },
    configuration: ({ path }) => {
      const files = pathsOf(path);
      return [
        "persistence false\nset_tcp_nodelay true\nlog_dest stderr\n",
        generalSettings(files, limits),
        dashboardListener(files, maxConnections),
        deviceListener(files, maxConnections),
      ].join("\n");
    },
  });
}

/** The devices' listener again, with the plugin in the place of the access rules. */
function startTruthful({ start }: Workshop, certificates: Certificates): Promise<Mosquitto> {
  return start({
    files: { ...filesFor(certificates), "dynamic-security.json": dynamicSecurity(tenants) },
    configuration: ({ path, dynamicSecurity: plugin }) => `
persistence false
log_dest stderr
allow_anonymous false
plugin ${plugin}
plugin_opt_config_file ${path("dynamic-security.json")}
${deviceListener(pathsOf(path), maxConnections)}`,
  });
}

function pathsOf(path: (file: string) => string): BrokerFiles {
  return {
    authority: path("authority.crt"),
    certificate: path("broker.crt"),
    key: path("broker.key"),
    passwords: path("passwords"),
    rules: path("rules"),
  };
}

function filesFor({ authority, broker }: Certificates): Record<string, string> {
  return {
    "authority.crt": authority.certificate,
    "broker.crt": broker.certificate,
    "broker.key": broker.key,
  };
}

await runBrokerScript(import.meta.url, main);
