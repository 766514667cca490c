import { randomUUID } from "node:crypto";
import { createServer } from "node:net";
import type {
  IConnectPacket,
  IDisconnectPacket,
  IPublishPacket,
  ISubscribePacket,
  IUnsubscribePacket,
  Packet,
} from "mqtt-packet";
import { isShared } from "../wire/filters.ts";
import { DeviceLine, ends, proxyLimits } from "./device-line.ts";

/** What the server needs of a device: it is called when the device says something. */
export interface ServedDevice {
  /** Its line stands, and the CONNACK was sent. */
  attach(line: DeviceLine, connect: IConnectPacket): void;
  /** QoS 0 or 1. */
  publish(packet: IPublishPacket): void;
  subscribe(packet: ISubscribePacket): void;
  unsubscribe(packet: IUnsubscribePacket): void;
  /** It has acknowledged the PUBLISH with this packet identifier. */
  acknowledged(messageId: number): void;
  /** Its line is gone: after a polite DISCONNECT, or without one, or with one that asks for the will. */
  detach(how: "politely" | "broken"): void;
  /** Its session has ended: nobody hears any more what waits for the device. */
  forget(): void;
  /** Resolves when nothing of it waits for any broker. */
  idle(): Promise<void>;
  /** End its lines to the brokers. */
  close(): void;
}

export interface DeviceServer {
  /** Devices connect here. On loopback. */
  readonly url: string;
  /** Ends all lines, those to the brokers too. */
  close(): Promise<void>;
}

/** So long may the last messages of a device that has gone wait for a slow broker, in milliseconds. */
const LINGER = 30_000;

/** The session is gone with its line, or after so many seconds; this many mean never. */
const NEVER = 0xffff_ffff;
/** What a timer can count, in seconds. */
const MAX_TIMER = 2 ** 31 / 1000 - 1;

/** A device from its first CONNECT until its session has ended and the brokers have all of it. */
interface Guest {
  readonly device: ServedDevice;
  hasSession: boolean;
  line: DeviceLine | undefined;
  /** In seconds. */
  expiry: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Listen for devices on loopback. Answers CONNECT, keeps sessions, and hands the rest to the device.
 *
 * @param port 0 takes a free one
 * @param makeDevice called when a device comes of which nothing is known
 * @throws the network's error when the port is taken
 */
export async function serveDevices(
  port: number,
  makeDevice: (deviceId: string) => ServedDevice,
): Promise<DeviceServer> {
  const guests = new Map<string, Guest>();
  const lines = new Set<DeviceLine>();
  const server = createServer({ noDelay: true }, (socket) => {
    let visit: Visit | undefined;
    const line = new DeviceLine(
      socket,
      (connect) => {
        visit = new Visit(guests, line, connect, makeDevice);
      },
      (packet) => visit?.take(packet),
      () => {
        lines.delete(line);
        visit?.leave("broken");
      },
    );
    lines.add(line);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  // Such as a connection that cannot be accepted for want of file handles: the others go on.
  server.on("error", () => {});
  server.unref();
  const address = server.address();
  return {
    url: `mqtt://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    close: async () => {
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const line of lines) line.socket.destroy();
      await ended;
      for (const { device, timer } of guests.values()) {
        clearTimeout(timer);
        device.close();
      }
    },
  };
}

/** One line of one device, from its CONNECT to its end. */
class Visit {
  readonly #id: string;
  #guest: Guest | undefined;

  constructor(
    private readonly guests: Map<string, Guest>,
    private readonly line: DeviceLine,
    connect: IConnectPacket,
    makeDevice: (deviceId: string) => ServedDevice,
  ) {
    this.#id = connect.clientId || `proxy-${randomUUID()}`;
    const reasonCode = whyRefused(connect);
    if (reasonCode === undefined) this.#enter(connect, makeDevice);
    else {
      line.send({ cmd: "connack", reasonCode, sessionPresent: false });
      line.close();
    }
  }

  take(packet: Packet): void {
    const device = this.#guest?.device;
    if (device === undefined) return;
    const reasonCode = whyEnded(packet);
    if (reasonCode !== undefined) this.line.end(reasonCode);
    else if (packet.cmd === "publish") device.publish(packet);
    else if (packet.cmd === "puback") device.acknowledged(packet.messageId ?? 0);
    else if (packet.cmd === "subscribe") this.#subscribe(device, packet);
    else if (packet.cmd === "unsubscribe") device.unsubscribe(packet);
    else if (packet.cmd === "disconnect") this.#disconnect(packet);
  }

  /** The line is at its end. Only the first time counts, and only for who is not replaced already. */
  leave(how: "politely" | "broken"): void {
    const guest = this.#guest;
    if (guest === undefined || guest.line !== this.line) return;
    guest.line = undefined;
    guest.device.detach(how);
    if (guest.expiry === 0) this.#endSession();
    else if (guest.expiry !== NEVER) {
      const seconds = Math.min(guest.expiry, MAX_TIMER);
      guest.timer = setTimeout(() => this.#endSession(), seconds * 1000);
      guest.timer.unref();
    }
  }

  #enter(connect: IConnectPacket, makeDevice: (deviceId: string) => ServedDevice): void {
    const { line } = this;
    const guest = this.guests.get(this.#id) ?? {
      device: makeDevice(this.#id),
      hasSession: false,
      line: undefined,
      expiry: 0,
      timer: undefined,
    };
    this.guests.set(this.#id, guest);
    this.#guest = guest;
    this.#takeOver(guest);
    if (connect.clean) this.#endSession();
    const sessionPresent = guest.hasSession;
    clearTimeout(guest.timer);
    guest.hasSession = true;
    guest.line = line;
    guest.expiry = connect.properties?.sessionExpiryInterval ?? 0;
    const assigned = connect.clientId === "" ? { assignedClientIdentifier: this.#id } : {};
    const properties = { ...proxyLimits, ...assigned };
    line.send({ cmd: "connack", reasonCode: 0, sessionPresent, properties });
    guest.device.attach(line, connect);
  }

  // An earlier line of the same device ends [MQTT-3.1.4-3], and with it perhaps its session.
  #takeOver(guest: Guest): void {
    const { line } = guest;
    if (line === undefined) return;
    guest.line = undefined;
    line.end(ends.sessionTakenOver);
    guest.device.detach("broken");
    if (guest.expiry === 0) this.#endSession();
  }

  #subscribe(device: ServedDevice, packet: ISubscribePacket): void {
    const { subscriptions, messageId = 0 } = packet;
    if (!subscriptions.some(({ topic }) => isShared(topic))) {
      device.subscribe(packet);
    } else {
      const granted = subscriptions.map(() => ends.sharedSubscriptionsNotSupported);
      this.line.send({ cmd: "suback", messageId, granted });
    }
  }

  #disconnect({ reasonCode = 0, properties }: IDisconnectPacket): void {
    const { sessionExpiryInterval } = properties ?? {};
    if (this.#guest && sessionExpiryInterval !== undefined) {
      this.#guest.expiry = sessionExpiryInterval;
    }
    this.leave(reasonCode === 0 ? "politely" : "broken");
    this.line.close();
  }

  #endSession(): void {
    const guest = this.#guest;
    if (guest === undefined || !guest.hasSession) return;
    guest.hasSession = false;
    guest.device.forget();
    const dismiss = () => {
      if (guest.hasSession || this.guests.get(this.#id) !== guest) return;
      clearTimeout(guest.timer);
      this.guests.delete(this.#id);
      guest.device.close();
    };
    // What it has published still goes to the brokers, as long as that does not take for ever.
    clearTimeout(guest.timer);
    guest.timer = setTimeout(dismiss, LINGER);
    guest.timer.unref();
    void guest.device.idle().then(dismiss);
  }
}

/** Why this device may not enter: a reason code, or `undefined`. */
function whyRefused({ will, properties }: IConnectPacket): number | undefined {
  // A will is published like any message [MQTT-3.2.2-12].
  if (will?.qos === 2) return ends.qosNotSupported;
  return properties?.authenticationMethod ? ends.badAuthenticationMethod : undefined;
}

/** Why the line has to end over this packet: a reason code, or `undefined`. */
function whyEnded(packet: Packet): number | undefined {
  switch (packet.cmd) {
    case "publish":
      // The CONNACK said Maximum QoS 1, and no topic aliases [MQTT-3.2.2-11] [MQTT-3.2.2-18].
      if (packet.qos === 2) return ends.qosNotSupported;
      return packet.properties?.topicAlias === undefined ? undefined : ends.topicAliasInvalid;
    case "subscribe":
      return packet.properties?.subscriptionIdentifier === undefined
        ? undefined
        : ends.noSubscriptionIdentifiers;
    case "puback":
    case "unsubscribe":
    case "disconnect":
      return undefined;
    default:
      return ends.protocolError;
  }
}
