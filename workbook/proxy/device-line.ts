import type { Socket } from "node:net";
import { generate, type IConnectPacket, type Packet, parser } from "mqtt-packet";

/** What the proxy's CONNACK says of itself: a device may ask for no more than this. */
export const proxyLimits = {
  maximumQoS: 1,
  receiveMaximum: 100,
  maximumPacketSize: 256 * 1024,
  sharedSubscriptionAvailable: false,
  subscriptionIdentifiersAvailable: false,
} as const;

/** So many bytes may wait for a device that does not read, before its line is closed. */
const MAX_UNREAD = 4 * 1024 * 1024;

/** So long may a device take for its CONNECT, in milliseconds. */
const CONNECT_TIMEOUT = 10_000;

/** Reason codes with which the proxy says no (section 2.4). */
export const ends = {
  malformed: 129,
  protocolError: 130,
  badAuthenticationMethod: 140,
  keepAliveTimeout: 141,
  sessionTakenOver: 142,
  topicAliasInvalid: 148,
  packetTooLarge: 149,
  qosNotSupported: 155,
  sharedSubscriptionsNotSupported: 158,
  noSubscriptionIdentifiers: 161,
} as const;

/** One connection of a device, in MQTT 5. */
export class DeviceLine {
  #silence: NodeJS.Timeout | undefined;
  #silenceMs = CONNECT_TIMEOUT;
  #over = false;

  /**
   * @param onConnect called with the first packet, which is a CONNECT in MQTT 5
   * @param onPacket called with each later one, but for pings, which are answered here
   * @param onClose called once, when the line is gone for whatever reason
   */
  constructor(
    readonly socket: Socket,
    onConnect: (packet: IConnectPacket) => void,
    onPacket: (packet: Packet) => void,
    onClose: () => void,
  ) {
    const incoming = parser({ protocolVersion: 5 });
    let connected = false;
    const take = (packet: Packet) => {
      if (this.#over) return;
      this.#heard();
      if (!connected) {
        if (packet.cmd !== "connect") return this.#stop();
        if (packet.protocolVersion !== 5) return this.#refuseVersion();
        connected = true;
        // One and a half times what the device has promised [MQTT-3.1.2-22]; 0 is no promise.
        this.#silenceMs = 1500 * (packet.keepalive ?? 0);
        this.#heard();
        onConnect(packet);
      } else if (packet.cmd === "connect") {
        this.end(ends.protocolError);
      } else if (packet.cmd === "pingreq") {
        this.send({ cmd: "pingresp" });
      } else {
        onPacket(packet);
      }
    };
    incoming.on("packet", take);
    incoming.on("error", () => (connected ? this.end(ends.malformed) : this.#stop()));
    socket.on("data", (chunk) => {
      if (this.#over) return;
      if (incoming.parse(chunk) > proxyLimits.maximumPacketSize) this.end(ends.packetTooLarge);
    });
    socket.on("error", () => {});
    socket.once("close", () => {
      this.#over = true;
      clearTimeout(this.#silence);
      onClose();
    });
    this.#heard();
  }

  /** Does nothing when the line is over. */
  send(packet: Packet): void {
    if (this.#over) return;
    this.socket.write(generate(packet, { protocolVersion: 5 }));
    if (this.socket.writableLength > MAX_UNREAD) this.#stop();
  }

  /** End the line with a DISCONNECT that says why. Nothing that comes after it is taken. */
  end(reasonCode: number): void {
    this.send({ cmd: "disconnect", reasonCode });
    this.close();
  }

  /** End the line behind what was sent. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.socket.end();
    // Who does not answer the end is not waited for.
    this.#silenceMs = 1000;
    this.#heard();
  }

  #stop(): void {
    this.#over = true;
    this.socket.destroy();
  }

  // Before its CONNECT nobody knows what it speaks: an answer in 3.1.1 is understood by all.
  #refuseVersion(): void {
    const refusal = { cmd: "connack", returnCode: 1, sessionPresent: false } as const;
    this.socket.write(generate(refusal, { protocolVersion: 4 }));
    this.close();
  }

  #heard(): void {
    clearTimeout(this.#silence);
    if (this.#silenceMs === 0) return;
    this.#silence = setTimeout(() => {
      if (!this.#over) this.send({ cmd: "disconnect", reasonCode: ends.keepAliveTimeout });
      this.#stop();
    }, this.#silenceMs);
    this.#silence.unref();
  }
}
