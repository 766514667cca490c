/**
 * Lab 9: one proxy, several brokers.
 *
 * A device has one line, and its messages shall be with several brokers: at the site, in the cloud, in
 * an archive. Here you write, piece by piece, a proxy that stands between them. To the device it is a
 * broker, to each broker it is a client, and whatever one of the brokers does, the others go on.
 *
 * The lesson is beside this file: exercises/09-broker-proxy.md
 */
import { randomUUID } from "node:crypto";
import { connect, connectAsync, type MqttClient } from "mqtt";
import type {
  IConnectPacket,
  IPublishPacket,
  ISubscribePacket,
  IUnsubscribePacket,
} from "mqtt-packet";
import type { DeviceLine } from "../workbook/proxy/device-line.ts";
import {
  type DeviceServer,
  type ServedDevice,
  serveDevices,
} from "../workbook/proxy/device-server.ts";
import {
  type Message,
  messageFrom,
  packetFor,
  propertiesOf,
  sizeOnWire,
} from "../workbook/proxy/message.ts";
import {
  assertRoutes,
  type BrokerEntry,
  filterMatches,
  filtersOverlap,
  type Policy,
  type Route,
} from "../workbook/proxy/routes.ts";
import { type BrokersDemo, runBrokersScript } from "../workbook/script.ts";
import { prefixed } from "../workbook/telemetry.ts";

/**
 * The client id with which the proxy connects to a broker on behalf of a device. It begins with your
 * prefix (`prefixed`), is always the same for the same two names, and never the same for others: two
 * clients with one id throw each other out [MQTT-3.1.4-3], for ever.
 *
 * @param brokerName small letters, digits and dashes
 * @param deviceId whatever the device calls itself
 */
export function legClientId(brokerName: string, deviceId: string): string {
  // #region answer
  // A broker's name has no slash, so the first one always stands between the two.
  return prefixed(`${brokerName}/${deviceId}`);
  // #endregion
}

/**
 * The first of the routes whose filter matches this topic, or `undefined` where none does.
 * `filterMatches(filter, topic)` is what you wrote in module 1.
 */
export function routeOf(routes: readonly Route[], topic: string): Route | undefined {
  // #region answer
  return routes.find(({ filter }) => filterMatches(filter, topic));
  // #endregion
}

/**
 * What became of a message at one broker: it has acknowledged it, or refused it, or will never get it
 * because the message was dropped on the way.
 */
export type Outcome = "acknowledged" | "refused" | "dropped";

/** What to tell the device: yes, no, or nothing yet. */
export type Verdict = "acknowledge" | "refuse" | "wait";

/**
 * Whether the device may be told that its message is safe, by the policy of its route:
 *
 * - `all`: once every broker has acknowledged it. No, as soon as one of them never will.
 * - `any`: once one broker has. No, when none of them ever will.
 * - `primary`: what the first broker says, whatever the others do.
 *
 * @param outcomes one for each broker of the route, in its order; `undefined` where nobody knows yet
 */
export function verdictOf(policy: Policy, outcomes: readonly (Outcome | undefined)[]): Verdict {
  // #region answer
  const asked = policy === "primary" ? outcomes.slice(0, 1) : outcomes;
  const has = (outcome: Outcome | undefined) => outcome === "acknowledged";
  const never = (outcome: Outcome | undefined) => outcome !== undefined && !has(outcome);
  if (policy === "any") {
    if (asked.some(has)) return "acknowledge";
    return asked.every(never) ? "refuse" : "wait";
  }
  if (asked.some(never)) return "refuse";
  return asked.every(has) ? "acknowledge" : "wait";
  // #endregion
}

/** What a broker's CONNACK says that it takes. What it leaves out, it takes. */
export type Limits = NonNullable<MqttClient["serverProperties"]>;

/**
 * The message as this broker takes it, or `undefined` where it takes it in no form:
 *
 * - its QoS is no higher than the broker's Maximum QoS [MQTT-3.2.2-11];
 * - it has no RETAIN flag where Retain Available says no [MQTT-3.2.2-14];
 * - its packet, `sizeOnWire`, is no larger than the Maximum Packet Size [MQTT-3.2.2-15].
 *
 * The message itself stays as it is: the other brokers get it too.
 */
export function fitTo(message: Message, limits: Limits): Message | undefined {
  // #region answer
  const { maximumQoS = 2, retainAvailable = true } = limits;
  const { maximumPacketSize = Number.POSITIVE_INFINITY } = limits;
  const qos = maximumQoS === 0 ? 0 : message.qos;
  const fitted: Message = { ...message, qos, retain: message.retain && retainAvailable };
  return sizeOnWire(fitted) <= maximumPacketSize ? fitted : undefined;
  // #endregion
}

/**
 * What waits in a line, no more than `capacity` of it. When one more comes, the oldest goes: the newest
 * says more about now.
 */
export class Backlog<Item> {
  /** How many had to go since the beginning. */
  dropped = 0;
  // #region helper
  readonly #items: Item[] = [];
  // #endregion

  /** @param capacity a whole number from 1 */
  constructor(readonly capacity: number) {}

  get size(): number {
    // #region answer
    return this.#items.length;
    // #endregion
  }

  /** Put an item at the end. Returns the one that had to go for it, if any. */
  add(item: Item): Item | undefined {
    // #region answer
    this.#items.push(item);
    if (this.#items.length <= this.capacity) return undefined;
    this.dropped++;
    return this.#items.shift();
    // #endregion
  }

  /** Take the oldest item out, or `undefined` where there is none. */
  take(): Item | undefined {
    // #region answer
    return this.#items.shift();
    // #endregion
  }
}

/** What a leg needs to know. */
export interface LegOptions {
  readonly broker: BrokerEntry;
  readonly deviceId: string;
  /** How many messages may wait for this broker. */
  readonly capacity: number;
  /** How long to wait before connecting again, in milliseconds. */
  readonly reconnectMs: number;
  /** Called with each message that the broker sends. */
  readonly onMessage: (message: Message) => void;
}

/** So many messages may be on their way to a broker without an answer, if it takes that many. */
export const LEG_WINDOW = 20;

/**
 * One device's line to one broker, from the proxy: a client of MQTT 5 with `legClientId`, a clean start,
 * a session that ends with the line, and no will. It connects at once, again whenever the line has
 * ended, and again after a refusal too. Nothing that the broker does throws an error.
 *
 * Messages that cannot go out yet wait in a `Backlog`, in order. On their way, without an answer, are no
 * more than `LEG_WINDOW` of them, and no more than the broker's Receive Maximum [MQTT-3.3.4-7].
 */
export class Leg {
  /** Messages that wait, each with the function that is to be told. */
  readonly backlog: Backlog<Publication>;
  // #region helper
  readonly #client: MqttClient;
  readonly #filters = new Map<string, Subscription>();
  /** Those that are to be told an answer of the broker that has not come. */
  readonly #unanswered = new Set<Pick<Publication, "tell">>();
  readonly #whenIdle: (() => void)[] = [];
  #isUp = false;
  // #endregion

  constructor(options: LegOptions) {
    const { broker, deviceId, capacity, reconnectMs, onMessage } = options;
    this.backlog = new Backlog(capacity);
    // #region answer
    this.#client = connect(broker.url, {
      clientId: legClientId(broker.name, deviceId),
      protocolVersion: 5,
      clean: true,
      reconnectPeriod: reconnectMs,
      reconnectOnConnackError: true,
      resubscribe: false,
    });
    this.#client.on("error", () => {});
    this.#client.on("message", (_topic, _payload, packet) => onMessage(messageFrom(packet)));
    this.#client.on("close", () => {
      this.#isUp = false;
    });
    this.#client.on("connect", () => {
      this.#isUp = true;
      for (const [filter, subscription] of this.#filters) this.#ask(filter, subscription);
      this.#send();
    });
    // #endregion
  }

  /**
   * Send a message as `fitTo` makes it, as soon as that may be. `tell` is called exactly once: when the
   * broker has acknowledged it (a message with QoS 0: when it has left), or has refused it, or takes it
   * in no form, or when it was dropped from the backlog.
   */
  publish(message: Message, tell: (outcome: Outcome) => void): void {
    // #region answer
    this.backlog.add({ message, tell })?.tell("dropped");
    this.#send();
    // #endregion
  }

  /**
   * Ask the broker for what matches a filter: now where there is a line, and on each later one. `tell`
   * is called each time that it has granted or refused it.
   */
  subscribe(filter: string, options: SubscribeOptions, tell: (outcome: Outcome) => void): void {
    // #region answer
    const subscription = { options, tell };
    this.#filters.set(filter, subscription);
    if (this.#isUp) this.#ask(filter, subscription);
    // #endregion
  }

  /** Ask for it no more. */
  unsubscribe(filter: string): void {
    // #region answer
    if (!this.#filters.delete(filter) || !this.#isUp) return;
    const question = { tell: () => {} };
    this.#unanswered.add(question);
    this.#client.unsubscribe(filter, () => {
      this.#answered(question, "acknowledged");
      this.#send();
    });
    // #endregion
  }

  /** Resolves when every message has its outcome, and nothing else waits for the broker's answer. */
  idle(): Promise<void> {
    // #region answer
    return new Promise((resolve) => {
      this.#whenIdle.push(resolve);
      this.#lookIdle();
    });
    // #endregion
  }

  /** End the line and connect no more. What waits is dropped. */
  close(): void {
    // #region answer
    // Without an answer to wait for, politely. Else the library would wait for it, perhaps for ever.
    this.#client.end(!this.#isUp || this.#unanswered.size > 0);
    this.#isUp = false;
    for (const left of this.#unanswered) this.#answered(left, "dropped");
    for (let left = this.backlog.take(); left; left = this.backlog.take()) left.tell("dropped");
    this.#lookIdle();
    // #endregion
  }

  // #region helper
  #send(): void {
    const { receiveMaximum = LEG_WINDOW, ...limits } = this.#client.serverProperties ?? {};
    const window = Math.min(LEG_WINDOW, receiveMaximum);
    while (this.#isUp && this.#unanswered.size < window) {
      const next = this.backlog.take();
      if (next === undefined) break;
      const fitted = fitTo(next.message, limits);
      if (fitted) this.#publish(fitted, next);
      else next.tell("refused");
    }
    this.#lookIdle();
  }

  #publish(fitted: Message, publication: Publication): void {
    const { topic, payload, qos, retain } = fitted;
    const options = { qos, retain, properties: propertiesOf(fitted) };
    this.#unanswered.add(publication);
    this.#client.publish(topic, payload, options, (error) => {
      this.#answered(publication, error ? "refused" : "acknowledged");
      // Not at once: with QoS 0 the library calls back within publish, and a long backlog would be a
      // deep stack.
      queueMicrotask(() => this.#send());
    });
  }

  #ask(filter: string, subscription: Subscription): void {
    this.#unanswered.add(subscription);
    this.#client.subscribe(filter, subscription.options, (error) => {
      // No answer has come, because the line broke: it is asked for on the next one.
      if (error && !("packet" in error && error.packet)) this.#unanswered.delete(subscription);
      else this.#answered(subscription, error ? "refused" : "acknowledged");
      this.#send();
    });
  }

  #answered(one: Pick<Publication, "tell">, outcome: Outcome): void {
    if (this.#unanswered.delete(one)) one.tell(outcome);
  }

  #lookIdle(): void {
    if (this.backlog.size > 0 || this.#unanswered.size > 0) return;
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }
  // #endregion
}

/** A message for a broker, and who wants to know what became of it. */
export interface Publication {
  readonly message: Message;
  readonly tell: (outcome: Outcome) => void;
}

/** How a device asks for messages: the options of its SUBSCRIBE. */
export type SubscribeOptions = Pick<
  ISubscribePacket["subscriptions"][number],
  "qos" | "nl" | "rap" | "rh"
>;

// #region helper
interface Subscription {
  readonly options: SubscribeOptions;
  readonly tell: (outcome: Outcome) => void;
}
// #endregion

/** So many copy ids a mailbox remembers. */
export const REMEMBERED_COPIES = 1000;

// #region helper
const RETAINED = "retained ";
// #endregion

/**
 * What waits for a device: its session, on the proxy's side. The brokers know nothing of it.
 *
 * - A message that comes from several brokers goes to the device once: its copies have the same
 *   `copyId`. The newest `REMEMBERED_COPIES` of these are remembered, and no more. A message without
 *   one is always new. Retained messages (with RETAIN set) are known apart from the others, and only
 *   until the device subscribes again: then it wants them again [MQTT-3.3.1-9].
 * - QoS 0 goes out where there is a line, and is lost where there is none.
 * - QoS 1 waits until the device has acknowledged it: up to `capacity` of them in a `Backlog`, and on
 *   their way no more than the device's Receive Maximum [MQTT-3.3.4-9]. Each has a packet identifier
 *   from 1 to 65,535 that no other on its way has [MQTT-2.2.1-4].
 * - On a new line, what was not acknowledged goes out again first: in the same order, with the same
 *   packet identifiers [MQTT-4.4.0-1], and with DUP set [MQTT-3.3.1-1].
 */
export class Mailbox {
  /** What has not been sent yet. */
  readonly waiting: Backlog<Message>;
  // #region helper
  readonly #unacknowledged = new Map<number, IPublishPacket>();
  /** The copy ids, those of retained messages behind a mark. */
  readonly #known = new Set<string>();
  #line: Pick<DeviceLine, "send"> | undefined;
  #receiveMaximum = 0;
  #lastId = 0;
  // #endregion

  constructor(capacity: number) {
    this.waiting = new Backlog(capacity);
  }

  /** A message has come for the device. */
  deliver(message: Message): void {
    // #region answer
    if (this.#isKnown(message)) return;
    if (message.qos === 0) {
      this.#line?.send(packetFor(message));
    } else {
      this.waiting.add(message);
      this.#send();
    }
    // #endregion
  }

  /** The device has a line. `packetFor` makes what `line.send` takes. */
  attach(line: Pick<DeviceLine, "send">, receiveMaximum: number): void {
    // #region answer
    this.#line = line;
    this.#receiveMaximum = receiveMaximum;
    for (const packet of this.#unacknowledged.values()) line.send({ ...packet, dup: true });
    this.#send();
    // #endregion
  }

  /** The device has subscribed: what is retained is new to it, although it has had it before. */
  subscribed(): void {
    // #region answer
    for (const key of this.#known) if (key.startsWith(RETAINED)) this.#known.delete(key);
    // #endregion
  }

  /** It has no line any more. */
  detach(): void {
    // #region answer
    this.#line = undefined;
    // #endregion
  }

  /** The device has acknowledged the PUBLISH with this packet identifier. */
  acknowledged(messageId: number): void {
    // #region answer
    if (this.#unacknowledged.delete(messageId)) this.#send();
    // #endregion
  }

  // #region helper
  #isKnown({ copyId, retain }: Message): boolean {
    if (copyId === undefined) return false;
    const key = retain ? `${RETAINED}${copyId}` : copyId;
    if (this.#known.has(key)) return true;
    this.#known.add(key);
    const [oldest] = this.#known;
    if (this.#known.size > REMEMBERED_COPIES && oldest) this.#known.delete(oldest);
    return false;
  }

  #send(): void {
    while (this.#line && this.#unacknowledged.size < this.#receiveMaximum) {
      const next = this.waiting.take();
      if (next === undefined) return;
      const packet = packetFor(next, this.#freeId());
      this.#unacknowledged.set(this.#lastId, packet);
      this.#line.send(packet);
    }
  }

  #freeId(): number {
    do this.#lastId = (this.#lastId % 65_535) + 1;
    while (this.#unacknowledged.has(this.#lastId));
    return this.#lastId;
  }
  // #endregion
}

/** What a proxy needs to know. */
export interface ProxyOptions {
  readonly brokers: readonly BrokerEntry[];
  /** The first one that matches a topic counts. */
  readonly routes: readonly Route[];
  /** How many messages of a device may wait for each broker, and for the device. */
  readonly capacity: number;
  /** How long a leg waits before it connects again, in milliseconds. */
  readonly reconnectMs: number;
  /** Called with each message that a broker of its route will never have. */
  readonly onMissed: (broker: string, message: Message, outcome: Outcome) => void;
}

/** Reason codes that the proxy answers with (sections 3.4.2.1, 3.9.3 and 3.11.3). */
export const reasons = {
  success: 0,
  noSubscriptionExisted: 17,
  /** An error of this server's own: its policy was not met. */
  implementationSpecific: 131,
  topicFilterInvalid: 143,
  topicNameInvalid: 144,
} as const;

/**
 * One device, as the proxy sees it: a leg to each broker, and a mailbox, into which goes what the
 * brokers send.
 */
export class ProxiedDevice implements ServedDevice {
  /** By the name of the broker. */
  readonly legs: ReadonlyMap<string, Leg>;
  mailbox: Mailbox;
  /** The line that the device has now, if any. */
  line: DeviceLine | undefined;
  /** What to say when it breaks, if anything. */
  will: IConnectPacket["will"];
  /** The filters that the device has subscribed to. */
  readonly filters = new Set<string>();

  constructor(
    readonly deviceId: string,
    readonly options: ProxyOptions,
  ) {
    this.mailbox = new Mailbox(options.capacity);
    // #region answer
    const { brokers, capacity, reconnectMs } = options;
    const onMessage = (message: Message) => this.mailbox.deliver(message);
    this.legs = new Map(
      brokers.map((broker) => [
        broker.name,
        new Leg({ broker, deviceId, capacity, reconnectMs, onMessage }),
      ]),
    );
    // #endregion
  }

  /** The device is connected, and has its CONNACK. */
  attach(line: DeviceLine, { will, properties }: IConnectPacket): void {
    this.line = line;
    this.will = will;
    this.mailbox.attach(line, properties?.receiveMaximum ?? 65_535);
  }

  /**
   * Give a message to the brokers of its route, each copy with the same new `copyId`, and call `decided`
   * once: when `verdictOf` no longer says "wait". Call `onMissed` for each broker that will never have
   * it. A message without a route goes nowhere, and nothing is called.
   */
  forward(message: Message, decided: (verdict: Verdict) => void): void {
    // #region answer
    const route = routeOf(this.options.routes, message.topic);
    if (route === undefined) return;
    const copy = { ...message, copyId: randomUUID() };
    const judge = collect(route.acknowledge, route.brokers.length, decided);
    for (const [index, name] of route.brokers.entries()) {
      this.legs.get(name)?.publish(copy, (outcome) => {
        if (outcome !== "acknowledged") this.options.onMissed(name, message, outcome);
        judge(index, outcome);
      });
    }
    // #endregion
  }

  /**
   * The device has published: forward `messageFrom` it. With QoS 1 it gets a PUBACK on the line that it
   * came on, when the verdict is there: success, or `implementationSpecific` where the policy cannot be
   * met. A topic without a route is answered with `topicNameInvalid`, at once.
   */
  publish(packet: IPublishPacket): void {
    // #region answer
    const { line } = this;
    const answer = (reasonCode: number) => {
      if (packet.qos === 0) return;
      line?.send({ cmd: "puback", messageId: packet.messageId ?? 0, reasonCode });
    };
    if (routeOf(this.options.routes, packet.topic) === undefined) {
      answer(reasons.topicNameInvalid);
    } else {
      this.forward(messageFrom(packet), (verdict) =>
        answer(verdict === "acknowledge" ? reasons.success : reasons.implementationSpecific),
      );
    }
    // #endregion
  }

  /**
   * The device has subscribed. Each filter is asked for with QoS 1 at the most, at every broker of every
   * route that it overlaps (`filtersOverlap`). It gets one SUBACK on the line that it came on, when for
   * each filter one of the brokers has granted it, or all have refused it: the granted QoS, or
   * `implementationSpecific`; `topicFilterInvalid` for a filter that overlaps no route.
   */
  subscribe({ messageId = 0, subscriptions }: ISubscribePacket): void {
    this.mailbox.subscribed();
    // #region answer
    const { line } = this;
    const granted: number[] = [];
    let left = subscriptions.length;
    const answer = (index: number, code: number) => {
      granted[index] = code;
      if (--left === 0) line?.send({ cmd: "suback", messageId, granted });
    };
    for (const [index, { topic, ...asked }] of subscriptions.entries()) {
      const legs = this.#legsFor(topic);
      if (legs.length === 0) {
        answer(index, reasons.topicFilterInvalid);
        continue;
      }
      this.filters.add(topic);
      const qos = asked.qos === 0 ? 0 : 1;
      const judge = collect("any", legs.length, (verdict) =>
        answer(index, verdict === "acknowledge" ? qos : reasons.implementationSpecific),
      );
      for (const [legIndex, leg] of legs.entries()) {
        leg.subscribe(topic, { ...asked, qos }, (outcome) => judge(legIndex, outcome));
      }
    }
    // #endregion
  }

  /** The device wants no more of these. */
  unsubscribe({ messageId = 0, unsubscriptions }: IUnsubscribePacket): void {
    const granted = unsubscriptions.map((filter) => {
      if (!this.filters.delete(filter)) return reasons.noSubscriptionExisted;
      for (const leg of this.legs.values()) leg.unsubscribe(filter);
      return reasons.success;
    });
    this.line?.send({ cmd: "unsuback", messageId, granted });
  }

  acknowledged(messageId: number): void {
    this.mailbox.acknowledged(messageId);
  }

  /**
   * The device's line is gone. What comes from now on waits in the mailbox. Unless it left politely
   * [MQTT-3.14.4-3], its will is forwarded, once.
   */
  detach(how: "politely" | "broken"): void {
    // #region answer
    const { will } = this;
    this.line = undefined;
    this.will = undefined;
    this.mailbox.detach();
    if (will === undefined || how === "politely") return;
    const { topic, payload, qos = 0, retain = false, properties = {} } = will;
    this.forward(messageFrom({ topic, payload, qos, retain, properties }), () => {});
    // #endregion
  }

  /** The device's session is over: nothing is asked for any more, and nothing waits for it. */
  forget(): void {
    for (const filter of this.filters)
      for (const leg of this.legs.values()) leg.unsubscribe(filter);
    this.filters.clear();
    this.mailbox = new Mailbox(this.options.capacity);
  }

  async idle(): Promise<void> {
    await Promise.all([...this.legs.values()].map((leg) => leg.idle()));
  }

  close(): void {
    for (const leg of this.legs.values()) leg.close();
  }

  // #region helper
  #legsFor(filter: string): Leg[] {
    const names = this.options.routes
      .filter((route) => filtersOverlap(route.filter, filter))
      .flatMap(({ brokers }) => brokers);
    return [...new Set(names)].flatMap((name) => this.legs.get(name) ?? []);
  }
  // #endregion
}

// #region helper
/** Collects the outcomes of several brokers, and calls `decided` once, when they allow a verdict. */
function collect(policy: Policy, count: number, decided: (verdict: Verdict) => void) {
  const outcomes = new Array<Outcome | undefined>(count).fill(undefined);
  let isDecided = false;
  return (index: number, outcome: Outcome) => {
    outcomes[index] = outcome;
    const verdict = verdictOf(policy, outcomes);
    if (isDecided || verdict === "wait") return;
    isDecided = true;
    decided(verdict);
  };
}
// #endregion

/**
 * Start the proxy, on a free port of loopback.
 *
 * @throws RangeError in one line when the brokers or the routes make no sense
 */
export async function startProxy(options: ProxyOptions): Promise<DeviceServer> {
  assertRoutes(options.brokers, options.routes);
  return serveDevices(0, (deviceId) => new ProxiedDevice(deviceId, options));
}

/** How many messages may wait for each of the demonstration's brokers. */
const DEMO_CAPACITY = 20;

/** A pump with three brokers: one answers, one is slow, one is down. */
export async function main({ brokers, tap }: BrokersDemo): Promise<void> {
  const [site, cloud, archive] = brokers;
  const missed = new Map<string, number>();
  // As long as it is down for the proxy, each line ends before its CONNECT arrives, the next one too.
  let isDown = true;
  const leg = legClientId("archive", prefixed("pump"));
  const cutNext = () => {
    archive.faults.arm(
      { do: "cut", when: "before" },
      ({ type, connection }) => isDown && type === "connect" && connection.clientId === leg,
      cutNext,
    );
  };
  cutNext();
  const proxy = await startProxy({
    brokers: [
      { name: "site", url: site.brokerUrl },
      { name: "cloud", url: cloud.brokerUrl },
      { name: "archive", url: archive.brokerUrl },
    ],
    routes: [
      { filter: prefixed("alarms/#"), brokers: ["cloud", "site"], acknowledge: "all" },
      {
        filter: prefixed("readings/#"),
        brokers: ["site", "cloud", "archive"],
        acknowledge: "primary",
      },
    ],
    capacity: DEMO_CAPACITY,
    reconnectMs: 50,
    onMissed: (broker) => missed.set(broker, (missed.get(broker) ?? 0) + 1),
  });
  const front = await tap(proxy.url);
  try {
    const pump = await connectAsync(front.brokerUrl, {
      clientId: prefixed("pump"),
      protocolVersion: 5,
      will: { topic: prefixed("alarms/pump"), payload: Buffer.from("gone"), qos: 1, retain: false },
    });
    await showPolicies(pump, cloud);
    front.showWire("The device's side: one line, two messages, two acknowledgements");
    cloud.showWire("The cloud's side: the same two, in copies, on a line of the proxy");
    await showDrops(pump, missed);
    await showReturn(archive, () => {
      isDown = false;
    });
    await showOneCopy(front, site, cloud);
    await showWill(pump, site);
    await pump.endAsync(true);
  } finally {
    await proxy.close();
  }
}

/** The cloud's acknowledgement is held back: who waits for it? */
async function showPolicies(pump: MqttClient, cloud: BrokersDemo["brokers"][0]): Promise<void> {
  const order: string[] = [];
  const slow = [1, 2].map(() => cloud.faults.arm({ do: "hold" }, ({ type }) => type === "puback"));
  const alarm = pump.publishAsync(prefixed("alarms/pump"), "too hot", { qos: 1 });
  const alarmTold = alarm.then(() => order.push("the alarm (all)"));
  await pump.publishAsync(prefixed("readings/pump"), "81.5 °C", { qos: 1 });
  order.push("the reading (primary)");
  for (const each of slow) each.release();
  await alarmTold;
  console.log(`\nAcknowledged to the pump, in this order: ${order.join(", ")}`);
}

async function showDrops(pump: MqttClient, missed: ReadonlyMap<string, number>): Promise<void> {
  const readings = 2 * DEMO_CAPACITY;
  for (let number = 1; number <= readings; number++) {
    await pump.publishAsync(prefixed("readings/pump"), `reading ${number}`, { qos: 1 });
  }
  console.log(`\n${readings} readings more, all acknowledged, while the archive is down.`);
  console.log(
    `${DEMO_CAPACITY} messages may wait for it, so it has missed ${missed.get("archive")}.`,
  );
}

async function showReturn(archive: { brokerUrl: string }, comeBack: () => void): Promise<void> {
  const topic = prefixed("readings/#");
  const clientId = prefixed("archivist");
  const archivist = await connectAsync(archive.brokerUrl, { clientId, protocolVersion: 5 });
  const arrived = new Promise<number>((resolve) => {
    let count = 0;
    archivist.on("message", (_topic, payload) => {
      count++;
      if (String(payload) === `reading ${2 * DEMO_CAPACITY}`) resolve(count);
    });
  });
  await archivist.subscribeAsync(topic, { qos: 1 });
  comeBack();
  console.log(`The archive is back: ${await arrived} arrived in it, the newest last.`);
  await archivist.endAsync();
}

async function showOneCopy(front: { brokerUrl: string }, ...brokers: { brokerUrl: string }[]) {
  const clientId = prefixed("panel");
  const panel = await connectAsync(front.brokerUrl, { clientId, protocolVersion: 5 });
  const heard: string[] = [];
  let isOver = () => {};
  const over = new Promise<void>((resolve) => {
    isOver = resolve;
  });
  panel.on("message", (_topic, payload) => {
    heard.push(String(payload));
    if (heard.filter((text) => text === "past the proxy").length === brokers.length) isOver();
  });
  const topic = prefixed("alarms/#");
  await panel.subscribeAsync(topic, { qos: 1 });
  await panel.publishAsync(prefixed("alarms/panel"), "through the proxy", { qos: 1 });
  for (const [index, { brokerUrl }] of brokers.entries()) {
    const id = prefixed(`outsider-${index}`);
    const outsider = await connectAsync(brokerUrl, { clientId: id, protocolVersion: 5 });
    await outsider.publishAsync(prefixed("alarms/other"), "past the proxy", { qos: 1 });
    await outsider.endAsync();
  }
  await over;
  console.log(`\nThe panel listens at ${brokers.length} brokers, and heard: ${heard.join(", ")}`);
  await panel.endAsync();
}

async function showWill(pump: MqttClient, site: { brokerUrl: string }): Promise<void> {
  const clientId = prefixed("listener");
  const listener = await connectAsync(site.brokerUrl, { clientId, protocolVersion: 5 });
  const heard = new Promise<string>((resolve) => {
    listener.once("message", (topic, payload) => resolve(`${topic} ${payload}`));
  });
  await listener.subscribeAsync(prefixed("alarms/#"), { qos: 1 });
  pump.stream.destroy();
  console.log(`\nThe pump's line is cut. At the site somebody hears: ${await heard}`);
  await listener.endAsync();
}

await runBrokersScript(import.meta.url, main);
