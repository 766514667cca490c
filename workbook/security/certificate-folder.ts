import { X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../modules.ts";
import {
  type Authority,
  type Credentials,
  createAuthority,
  openAuthority,
} from "./certificates.ts";

/** Where they are kept: git ignores it, because the keys are secrets. */
export const certificateFolder = join(root, "certificates");

/** The lab's certificates: of its authority, its broker, and its clients by name. */
export interface Certificates {
  readonly authority: Authority;
  readonly broker: Credentials;
  of(client: string): Credentials;
  /** Until when they are good. */
  readonly until: Date;
  /** They were not there before, or had no day left. */
  readonly areNew: boolean;
}

const hour = 60 * 60 * 1000;
const fileOf = (name: string) => join(certificateFolder, `${name}.crt`);
const keyOf = (name: string) => join(certificateFolder, `${name}.key`);

/** The certificates in the folder; made anew, all of them, where one is missing or about to end. */
export async function keepCertificates(clients: readonly string[]): Promise<Certificates> {
  const names = ["authority", "broker", ...clients];
  const areNew = !names.every(isGood);
  if (areNew) await makeAll(clients);
  const authority = await openAuthority(read("authority"));
  return {
    authority,
    broker: read("broker"),
    of: read,
    until: validUntil("authority"),
    areNew,
  };
}

function isGood(name: string): boolean {
  if (!existsSync(fileOf(name)) || !existsSync(keyOf(name))) return false;
  return validUntil(name).getTime() > Date.now() + hour;
}

function validUntil(name: string): Date {
  return new Date(new X509Certificate(readFileSync(fileOf(name))).validTo);
}

async function makeAll(clients: readonly string[]): Promise<void> {
  rmSync(certificateFolder, { recursive: true, force: true });
  mkdirSync(certificateFolder, { mode: 0o700 });
  const authority = await createAuthority("MQTT workbook");
  write("authority", authority);
  const hosts = ["localhost", "127.0.0.1"];
  write("broker", await authority.issue({ name: "broker", hosts }));
  for (const name of clients) write(name, await authority.issue({ name }));
}

function write(name: string, { certificate, key }: Credentials): void {
  writeFileSync(fileOf(name), certificate);
  writeFileSync(keyOf(name), key, { mode: 0o600 });
}

function read(name: string): Credentials {
  return {
    certificate: readFileSync(fileOf(name), "utf8"),
    key: readFileSync(keyOf(name), "utf8"),
  };
}
