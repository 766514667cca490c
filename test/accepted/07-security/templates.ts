// Templates all over, each right in a line of its own.
import { createHmac, randomBytes } from "node:crypto";
import type { IClientOptions } from "mqtt";
import type { BrokerFiles, Limits, Tenant } from "../../../solutions/07-security.ts";
import type { Credentials } from "../../../workbook/security/certificates.ts";

/** PBKDF2 as RFC 8018 has it: the first block is as long as SHA-512's output, and no other is needed. */
export function passwordLine(username: string, password: string): string {
  const salt = randomBytes(12);
  const prf = (data: Buffer) => createHmac("sha512", password).update(data).digest();
  let round = prf(Buffer.concat([salt, Buffer.from([0, 0, 0, 1])]));
  const hash = Buffer.from(round);
  for (let iteration = 1; iteration < 10_000; iteration++) {
    round = prf(round);
    for (let at = 0; at < hash.length; at++) hash[at] = (hash[at] ?? 0) ^ (round[at] ?? 0);
  }
  return `${username}:$7$10000$${salt.toString("base64")}$${hash.toString("base64")}\n`;
}

export const accessRules = (tenants: readonly Tenant[]): string =>
  tenants
    .map(({ name, devices, dashboards }) => {
      const writing = devices.map(
        (device) => `user ${device}
topic write ${name}/${device}/#
`,
      );
      const reading = dashboards.map(
        (dashboard) => `user ${dashboard}
topic read ${name}/#

`,
      );
      return [...writing, ...reading].join("");
    })
    .join("");

export const generalSettings = (files: BrokerFiles, limits: Limits): string => `
# strangers
allow_anonymous    false
# friends
password_file      ${files.passwords}
# and what they may
acl_file           ${files.rules}
max_packet_size    ${limits.packetBytes}
max_inflight_messages 20
max_queued_bytes   0
max_queued_messages ${limits.queuedMessages}
`;

const encrypted = (port: number, files: BrokerFiles, maxConnections: number) => `
listener ${port}
max_connections ${maxConnections}
certfile ${files.certificate}
keyfile ${files.key}
use_username_as_clientid true
`;

export const dashboardListener = (files: BrokerFiles, maxConnections: number): string =>
  encrypted(8884, files, maxConnections);

export const deviceListener = (files: BrokerFiles, maxConnections: number): string =>
  `${encrypted(8883, files, maxConnections)}
cafile ${files.authority}
require_certificate true
use_identity_as_username true`;

export const dashboardOptions = (
  authority: string,
  username: string,
  password: string,
): IClientOptions => ({
  username,
  password,
  protocolVersion: 5,
  protocolId: "MQTT",
  ca: authority.trim(),
});

export const deviceOptions = (authority: string, own: Credentials): IClientOptions => ({
  protocolVersion: 5,
  ca: [authority],
  cert: [own.certificate],
  key: [own.key],
});

/** One role for each client, with whatever it may, and nothing in groups. */
export function dynamicSecurity(tenants: readonly Tenant[]): string {
  const clients: object[] = [];
  const roles: object[] = [];
  const admit = (username: string, rights: Readonly<Record<string, string>>) => {
    const acls = Object.entries(rights).map(([acltype, topic]) => ({
      acltype,
      topic,
      allow: true,
    }));
    roles.push({ rolename: `of-${username}`, acls });
    clients.push({ username, roles: [{ rolename: `of-${username}`, priority: -1 }] });
  };
  for (const { name, devices, dashboards } of tenants) {
    for (const each of devices) admit(each, { publishClientSend: `${name}/${each}/#` });
    for (const each of dashboards) {
      admit(each, { subscribePattern: `${name}/#`, publishClientReceive: `${name}/#` });
    }
  }
  const defaultACLAccess = {
    subscribe: false,
    publishClientSend: false,
    publishClientReceive: false,
  };
  return JSON.stringify({ clients, roles, defaultACLAccess });
}
