import { readFileSync } from "node:fs";
import type { Broker } from "./broker.ts";

/** What a Mosquitto is started with. */
export interface MosquittoSetup {
  /** The text of mosquitto.conf, which may name its files by where they will be. */
  readonly configuration: (place: Place) => string;
  /** What it is to find beside its configuration, by file name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Where a Mosquitto finds things, which is not the same in a container and without one. */
export interface Place {
  /** The full path of one of its files. */
  path(file: string): string;
  /** The dynamic security plugin that comes with it, as the line `plugin` takes it. */
  readonly dynamicSecurity: string;
}

/** A Mosquitto that the workbook started. */
export interface Mosquitto extends Broker {
  /** For each `listener <port>` of the configuration the port of 127.0.0.1 at which clients reach it. */
  readonly ports: ReadonlyMap<number, number>;
}

/** With which the workbook's broker runs, where a module asks for nothing else. */
export const ownSetup: MosquittoSetup = {
  configuration: () =>
    readFileSync(new URL("../../mosquitto/mosquitto.conf", import.meta.url), "utf8"),
};

// `port` is what `listener` was called once. An address that they name is left out: nothing that the
// workbook starts listens beyond this machine.
const listenerLine = /^[ \t]*(?:listener|port)[ \t]+(\d+)\b.*$/gm;

/** The ports that a configuration has listeners on, in its order. */
export function listenerPorts(configuration: string): number[] {
  return [...configuration.matchAll(listenerLine)].map(([, port]) => Number(port));
}

/** A configuration with its listeners elsewhere: what `address` says, `<port>` or `<port> <host>`. */
export function moveListeners(configuration: string, address: (port: number) => string): string {
  return configuration.replace(listenerLine, (_, port) => `listener ${address(Number(port))}`);
}
