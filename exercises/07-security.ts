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
import type { IClientOptions } from "mqtt";
import type { Credentials } from "../workbook/security/certificates.ts";
import { Todo } from "../workbook/todo.ts";

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
  throw new Todo("passwordLine");
}

/**
 * The text of the access rules (Mosquitto's `acl_file`): what each user of these tenants may do.
 *
 * A device may publish below `<tenant>/<its own name>/`, a dashboard may read everything below
 * `<tenant>/`. Nobody may do anything else, and a user that is not in the list nothing at all. With such
 * a file whatever no line allows is forbidden.
 */
export function accessRules(tenants: readonly Tenant[]): string {
  throw new Todo("accessRules");
}

/**
 * The part of mosquitto.conf that counts for everybody.
 *
 * Nobody is served without saying who he is. Passwords and access rules are in these files. A packet over
 * the limit ends the connection, and MQTT 5 clients are told the limit in the CONNACK [MQTT-3.2.2-15]. So
 * many messages and no more wait for a client that is away.
 */
export function generalSettings(files: BrokerFiles, limits: Limits): string {
  throw new Todo("generalSettings");
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
  throw new Todo("dashboardListener");
}

/**
 * The part of mosquitto.conf for devices: a listener on `DEVICE_PORT` that speaks TLS only, and lets
 * nobody in who does not show a certificate of our authority.
 *
 * The name in the certificate is the user, whatever the CONNECT says, and no password is asked for. Client
 * ids and the number of connections: as for dashboards.
 */
export function deviceListener(files: BrokerFiles, maxConnections: number): string {
  throw new Todo("deviceListener");
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
  throw new Todo("dashboardOptions");
}

/**
 * The options with which a device connects to `mqtts://…`: it knows our authority, and shows its own
 * certificate, in MQTT 5. To nobody but our broker.
 *
 * @param authority the authority's certificate, as PEM text
 * @param own the device's certificate and the key to it, as PEM text
 */
export function deviceOptions(authority: string, own: Credentials): IClientOptions {
  throw new Todo("deviceOptions");
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
  throw new Todo("dynamicSecurity");
}
