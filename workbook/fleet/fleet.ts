import type { IPublishPacket } from "mqtt";
import type { Broker } from "../broker/broker.ts";
import { EnvironmentProblem } from "../environment-problem.ts";
import { isReading } from "../telemetry.ts";
import { adviseOnTap } from "../troubles/from-tap.ts";
import { openTap, type Tap } from "../wire/tap.ts";
import { anotherFleetRuns } from "./another-fleet.ts";
import { Device } from "./device.ts";
import { Monitor } from "./monitor.ts";
import { clientIdOf, MONITOR, readTopic, roomsOf } from "./names.ts";
import { sensorsOf } from "./sensor.ts";
import type { DeviceState, FleetEvent, Outcome, PacketDetails, Snapshot } from "./shapes.ts";
import { WireLog } from "./wire-log.ts";

/** How many readings of a device are kept for its chart. */
const KEPT_VALUES = 60;
/** So often a device reports, in milliseconds; a large fleet more seldom, so that people can follow. */
const PERIOD = 3000;
const PERIOD_OF_EACH = 375;

/** The things that a page may ask of a device. */
export const actions = ["cut", "stop", "start", "command", "message"] as const;
export type Action = (typeof actions)[number];

/** A fleet of devices on a broker, all of whose lines go through one tap. */
export class Fleet {
  readonly #devices = new Map<string, { readonly device: Device; readonly state: DeviceState }>();
  readonly #listeners = new Set<(event: FleetEvent) => void>();
  readonly #log: WireLog;
  #monitor: Monitor | undefined;
  #linked = false;
  #messages = 0;

  private constructor(
    private readonly broker: Broker,
    private readonly tap: Tap,
    devices: number,
    private readonly seed: number,
  ) {
    this.#log = new WireLog(tap.transcript, (entry) => this.#tell({ event: "entry", entry }));
    const period = Math.max(PERIOD, PERIOD_OF_EACH * devices);
    for (const [index, sensor] of sensorsOf(roomsOf(devices), seed).entries()) {
      const { room: id, kind, unit } = sensor;
      this.#devices.set(id, {
        device: new Device(tap.url, sensor, period, (period * index) / devices),
        state: {
          id,
          clientId: clientIdOf(id),
          kind,
          unit,
          running: false,
          status: "unknown",
          by: "device",
          values: [],
        },
      });
    }
  }

  /**
   * Start so many devices on the broker, and somebody who watches them.
   *
   * @param seed the same one gives the same readings
   * @throws EnvironmentProblem when the broker does not take them, or has such a fleet already
   */
  static async open(broker: Broker, devices: number, seed: number): Promise<Fleet> {
    if (await anotherFleetRuns(broker.url)) {
      throw new EnvironmentProblem(
        `another fleet runs on ${broker.name}, and the two would throw each other out`,
        "end it, or give this one names of its own: WORKBOOK_PREFIX=two/ npm run fleet",
      );
    }
    const tap = await openTap(broker.url).catch(adviseOnTap);
    const fleet = new Fleet(broker, tap, devices, seed);
    try {
      fleet.#monitor = await Monitor.open(tap.url, {
        heard: (...message) => fleet.#hear(...message),
        linked: (linked) => {
          fleet.#linked = linked;
          fleet.#tell({ event: "linked", linked });
        },
      });
    } catch (error) {
      await tap.close();
      throw error;
    }
    for (const { device, state } of fleet.#devices.values()) {
      device.start();
      state.running = true;
    }
    return fleet;
  }

  /** All that is known now. */
  get snapshot(): Snapshot {
    return {
      broker: this.broker.name,
      seed: this.seed,
      tapUrl: `mqtt://${new URL(this.tap.url).host}`,
      monitor: clientIdOf(MONITOR),
      linked: this.#linked,
      devices: [...this.#devices.values()].map(({ state }) => state),
      entries: this.#log.entries,
    };
  }

  /** Hear of all that happens from now on. Returns how to stop hearing. */
  onEvent(listener: (event: FleetEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A packet byte by byte; nothing when it was let go long ago, or never was. */
  details(number: number): PacketDetails | undefined {
    return this.#log.details(number);
  }

  /** Do something with a device. Resolves with what came of it; with nothing for an unknown device. */
  async act(id: string, action: Action): Promise<Outcome | undefined> {
    const entry = this.#devices.get(id);
    if (entry === undefined || this.#monitor === undefined) return undefined;
    const { device, state } = entry;
    switch (action) {
      case "cut": {
        const { clientId } = state;
        const lines = this.tap.cutLines((connection) => connection.clientId === clientId);
        return lines > 0
          ? { done: true, words: "The line is cut." }
          : { done: false, words: "There is no line to be cut." };
      }
      case "stop":
      case "start":
        return this.#switch(device, state, action);
      case "command": {
        const answer = await this.#monitor.command(id, "report");
        return answer
          ? { done: true, words: `Reply after ${answer.ms} ms: ${answer.reply}` }
          : { done: false, words: "There was no reply in time." };
      }
      case "message": {
        const sent = await this.#monitor.sendOnce(id, `message ${++this.#messages}`);
        return sent
          ? { done: true, words: "The broker has the message, once." }
          : { done: false, words: "The broker has not taken the message yet." };
      }
    }
  }

  /** Switch all devices off, have the broker forget them, and close the tap. */
  async close(): Promise<void> {
    const all = [...this.#devices.values()];
    await Promise.all(all.map(({ device }) => device.stop()));
    await this.#monitor?.end([...this.#devices.keys()]);
    await this.tap.close();
  }

  async #switch(device: Device, state: DeviceState, to: "stop" | "start"): Promise<Outcome> {
    const running = to === "start";
    if (device.running === running) {
      return { done: false, words: `It is switched ${running ? "on" : "off"} already.` };
    }
    state.running = running;
    this.#tell({ event: "device", device: state });
    if (running) device.start();
    else await device.stop();
    return { done: true, words: `It is switched ${running ? "on" : "off"}.` };
  }

  /** Only what is said of our own devices counts: memory must not grow with what others publish. */
  #hear(topic: string, payload: string, packet: IPublishPacket): void {
    const { id = "", about } = readTopic(topic) ?? {};
    const state = this.#devices.get(id)?.state;
    if (state === undefined) return;
    if (about === "status" && (payload === "online" || payload === "offline")) {
      state.status = payload;
      state.by = packet.properties?.userProperties?.by === "will" ? "will" : "device";
    } else if (about === "reading") {
      const reading = parseJson(payload);
      // JSON can say 1e999, which is no number to draw.
      if (!isReading(reading) || !Number.isFinite(reading.value)) return;
      state.values.push(reading.value);
      if (state.values.length > KEPT_VALUES) state.values.shift();
    } else {
      return;
    }
    this.#tell({ event: "device", device: state });
  }

  #tell(event: FleetEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
