// Says what the solution leaves to defaults, and gives rights to groups.
import { pbkdf2Sync, randomFillSync } from "node:crypto";
import type { IClientOptions } from "mqtt";
import {
  type BrokerFiles,
  DASHBOARD_PORT,
  DEVICE_PORT,
  type Limits,
  type Tenant,
} from "../../../solutions/07-security.ts";
import type { Credentials } from "../../../workbook/security/certificates.ts";

export function passwordLine(username: string, password: string): string {
  const salt = randomFillSync(Buffer.alloc(12));
  const hash = pbkdf2Sync(Buffer.from(password, "utf8"), salt, 12_345, 64, "sha512");
  return [`${username}:`, "7", 12_345, salt.toString("base64"), hash.toString("base64")].join("$");
}

export function accessRules(tenants: readonly Tenant[]): string {
  const lines: string[] = [];
  for (const tenant of tenants) {
    lines.push("", `# ${tenant.name}: who looks`);
    for (const user of tenant.dashboards) {
      lines.push(`user ${user}`, `topic read ${tenant.name}/+/#`);
    }
    lines.push(`# ${tenant.name}: who reports`);
    for (const user of tenant.devices) {
      lines.push(`user ${user}`, `topic write ${tenant.name}/${user}/#`);
    }
  }
  return lines.join("\n");
}

export function generalSettings(files: BrokerFiles, limits: Limits): string {
  return Object.entries({
    per_listener_settings: false,
    max_packet_size: limits.packetBytes,
    max_queued_messages: limits.queuedMessages,
    acl_file: files.rules,
    password_file: files.passwords,
    allow_anonymous: false,
  })
    .map(([option, value]) => `${option} ${value}\r\n`)
    .join("");
}

export function dashboardListener(files: BrokerFiles, maxConnections: number): string {
  return [
    "# people",
    `listener ${DASHBOARD_PORT} 0.0.0.0`,
    "protocol mqtt",
    `max_connections ${maxConnections}`,
    "use_username_as_clientid true",
    `cafile ${files.authority}`,
    "require_certificate false",
    "tls_version tlsv1.2",
    `keyfile ${files.key}`,
    `certfile ${files.certificate}`,
  ].join("\n");
}

export function deviceListener(files: BrokerFiles, maxConnections: number): string {
  return [
    "# devices",
    `listener ${DEVICE_PORT}`,
    `max_connections ${maxConnections}`,
    "use_username_as_clientid true",
    "use_identity_as_username true",
    "require_certificate true",
    `keyfile ${files.key}`,
    `certfile ${files.certificate}`,
    `cafile ${files.authority}`,
  ].join("\n");
}

export function dashboardOptions(
  authority: string,
  username: string,
  password: string,
): IClientOptions {
  return {
    protocolVersion: 5,
    ca: [Buffer.from(authority)],
    rejectUnauthorized: true,
    username,
    password: Buffer.from(password, "utf8"),
  };
}

export function deviceOptions(authority: string, own: Credentials): IClientOptions {
  return {
    protocolVersion: 5,
    rejectUnauthorized: true,
    ca: Buffer.from(authority),
    cert: Buffer.from(own.certificate),
    key: Buffer.from(own.key),
  };
}

export function dynamicSecurity(tenants: readonly Tenant[]): string {
  const allow = (acltype: string, topic: string) => ({ acltype, topic, priority: 1, allow: true });
  const watching = tenants.map(({ name }) => ({
    rolename: `watch ${name}`,
    acls: [allow("subscribePattern", `${name}/#`), allow("publishClientReceive", `${name}/#`)],
  }));
  const reporting = tenants.flatMap(({ name, devices }) =>
    devices.map((device) => ({
      rolename: `report as ${device}`,
      acls: [allow("publishClientSend", `${name}/${device}/#`)],
    })),
  );
  const file = {
    defaultACLAccess: {
      publishClientSend: false,
      publishClientReceive: false,
      subscribe: false,
      unsubscribe: false,
    },
    clients: tenants.flatMap(({ devices, dashboards }) => [
      ...devices.map((username) => ({ username, roles: [{ rolename: `report as ${username}` }] })),
      ...dashboards.map((username) => ({ username })),
    ]),
    groups: tenants.map(({ name, dashboards }) => ({
      groupname: `watchers of ${name}`,
      roles: [{ rolename: `watch ${name}` }],
      clients: dashboards.map((username) => ({ username })),
    })),
    roles: [...watching, ...reporting],
  };
  return JSON.stringify(file, undefined, 2);
}
