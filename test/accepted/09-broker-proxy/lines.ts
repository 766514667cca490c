// A client for each line in the place of one that reconnects; counts in the place of lists.
import { randomUUID } from "node:crypto";
import { connect, type MqttClient } from "mqtt";
import type {
  IConnectPacket,
  IPublishPacket,
  ISubscribePacket,
  IUnsubscribePacket,
} from "mqtt-packet";
import type {
  LegOptions,
  Limits,
  Outcome,
  ProxyOptions,
  Publication,
  SubscribeOptions,
  Verdict,
} from "../../../solutions/09-broker-proxy.ts";
import type { DeviceLine } from "../../../workbook/proxy/device-line.ts";
import {
  type Message,
  messageFrom,
  packetFor,
  propertiesOf,
  sizeOnWire,
} from "../../../workbook/proxy/message.ts";
import {
  filterMatches,
  filtersOverlap,
  type Policy,
  type Route,
} from "../../../workbook/proxy/routes.ts";
import { prefixed } from "../../../workbook/telemetry.ts";

export const LEG_WINDOW = 20;
export const REMEMBERED_COPIES = 1000;

export function legClientId(brokerName: string, deviceId: string): string {
  return prefixed(`leg-${Buffer.from(deviceId).toString("hex")}-${brokerName}`);
}

export function routeOf(routes: readonly Route[], topic: string): Route | undefined {
  const [first] = routes.filter(({ filter }) => filterMatches(filter, topic));
  return first;
}

export function verdictOf(policy: Policy, outcomes: readonly (Outcome | undefined)[]): Verdict {
  switch (policy) {
    case "primary":
      return verdictOf("all", outcomes.slice(0, 1));
    case "any": {
      if (outcomes.includes("acknowledged")) return "acknowledge";
      return outcomes.includes(undefined) ? "wait" : "refuse";
    }
    case "all": {
      if (outcomes.includes("refused") || outcomes.includes("dropped")) return "refuse";
      return outcomes.includes(undefined) ? "wait" : "acknowledge";
    }
  }
}

export function fitTo(message: Message, limits: Limits): Message | undefined {
  const fitted: Message = {
    ...message,
    ...(limits.maximumQoS === 0 && { qos: 0 }),
    ...(limits.retainAvailable === false && { retain: false }),
  };
  const isTooLarge = sizeOnWire(fitted) > (limits.maximumPacketSize ?? Number.MAX_SAFE_INTEGER);
  return isTooLarge ? undefined : fitted;
}

export class Backlog<Item> {
  dropped = 0;
  readonly #slots = new Set<{ readonly item: Item }>();

  constructor(readonly capacity: number) {}

  get size(): number {
    return this.#slots.size;
  }

  add(item: Item): Item | undefined {
    this.#slots.add({ item });
    if (this.size <= this.capacity) return undefined;
    this.dropped += 1;
    return this.take();
  }

  take(): Item | undefined {
    for (const slot of this.#slots) {
      this.#slots.delete(slot);
      return slot.item;
    }
    return undefined;
  }
}

interface Wish {
  readonly options: SubscribeOptions;
  readonly tell: (outcome: Outcome) => void;
}

export class Leg {
  readonly backlog: Backlog<Publication>;
  readonly #wishes = new Map<string, Wish>();
  readonly #idlers: (() => void)[] = [];
  /** The client of the line that there is, or that is being opened. */
  #client: MqttClient;
  #isUp = false;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;
  /** Sent on this line, without an answer. */
  #sent = new Set<Publication>();
  /** Sent on an earlier line, without an answer: they go first. */
  #again: Publication[] = [];
  #questions = 0;
  #isPumping = false;

  constructor(private readonly options: LegOptions) {
    this.backlog = new Backlog(options.capacity);
    this.#client = this.#dial();
  }

  publish(message: Message, tell: (outcome: Outcome) => void): void {
    this.backlog.add({ message, tell })?.tell("dropped");
    this.#pump();
  }

  subscribe(filter: string, options: SubscribeOptions, tell: (outcome: Outcome) => void): void {
    this.#wishes.set(filter, { options, tell });
    if (this.#isUp) this.#wish(filter, { options, tell });
  }

  unsubscribe(filter: string): void {
    const was = this.#wishes.delete(filter);
    if (was && this.#isUp) {
      this.#ask((client, answered) => client.unsubscribe(filter, () => answered()));
    }
  }

  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#idlers.push(resolve);
      this.#rest();
    });
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#isOver = true;
    const isPolite = this.#isUp && this.#sent.size === 0 && this.#questions === 0;
    const left = [...this.#again, ...this.#sent];
    this.#again = [];
    this.#sent = new Set();
    this.#questions = 0;
    this.#isUp = false;
    // Only now: the library tells those that are on their way at once that they failed.
    this.#client.end(!isPolite);
    while (this.backlog.size > 0) left.push(this.backlog.take() as Publication);
    for (const { tell } of left) tell("dropped");
    this.#rest();
  }

  #dial(): MqttClient {
    const { broker, deviceId, onMessage } = this.options;
    const client = connect(broker.url, {
      clientId: legClientId(broker.name, deviceId),
      protocolVersion: 5,
      clean: true,
      reconnectPeriod: 0,
    });
    client.on("error", () => {});
    client.on("message", (_topic, _payload, packet) => onMessage(messageFrom(packet)));
    client.once("connect", () => {
      if (this.#isOver) return;
      this.#isUp = true;
      for (const [filter, wish] of this.#wishes) this.#wish(filter, wish);
      this.#pump();
    });
    client.once("close", () => {
      if (this.#isOver) return;
      this.#isUp = false;
      this.#questions = 0;
      this.#again = [...this.#sent, ...this.#again];
      this.#sent = new Set();
      this.#timer = setTimeout(() => {
        this.#client = this.#dial();
      }, this.options.reconnectMs);
      client.end(true);
      this.#rest();
    });
    return client;
  }

  #pump(): void {
    // With QoS 0 the library calls back before it returns.
    if (this.#isPumping) return;
    this.#isPumping = true;
    const { receiveMaximum = LEG_WINDOW, ...limits } = this.#client.serverProperties ?? {};
    const window = Math.min(receiveMaximum, LEG_WINDOW);
    while (this.#isUp && this.#sent.size < window) {
      const next = this.#again.shift() ?? this.backlog.take();
      if (next === undefined) break;
      const fitted = fitTo(next.message, limits);
      if (fitted === undefined) next.tell("refused");
      else this.#send(fitted, next);
    }
    this.#isPumping = false;
    this.#rest();
  }

  #send(fitted: Message, publication: Publication): void {
    const sent = this.#sent;
    sent.add(publication);
    const { topic, payload, qos, retain } = fitted;
    const options = { qos, retain, properties: propertiesOf(fitted) };
    this.#client.publish(topic, payload, options, (error) => {
      // Of a line that is no more: the next one sends it again.
      if (sent !== this.#sent || !sent.delete(publication)) return;
      publication.tell(error ? "refused" : "acknowledged");
      this.#pump();
    });
  }

  #wish(filter: string, { options, tell }: Wish): void {
    this.#ask((client, answered) => {
      client.subscribe(filter, options, (error, granted) => {
        const code = granted?.[0]?.qos ?? 0;
        if (answered()) tell(error || code >= 128 ? "refused" : "acknowledged");
      });
    });
  }

  /** `answered` tells whether the line is still the one on which the question was asked. */
  #ask(question: (client: MqttClient, answered: () => boolean) => void): void {
    const client = this.#client;
    this.#questions++;
    question(client, () => {
      if (client !== this.#client || !this.#isUp) return false;
      this.#questions--;
      queueMicrotask(() => this.#rest());
      return true;
    });
  }

  #rest(): void {
    const waiting = this.backlog.size + this.#again.length + this.#sent.size + this.#questions;
    if (waiting === 0) for (const resolve of this.#idlers.splice(0)) resolve();
  }
}

export class Mailbox {
  readonly waiting: Backlog<Message>;
  readonly #known = { live: new Set<string>(), retained: new Set<string>() };
  /** By packet identifier, in the order in which they went out. */
  readonly #out = new Map<number, Message>();
  #line: { send(packet: IPublishPacket): void; most: number } | undefined;
  #lastId = 65_000;

  constructor(capacity: number) {
    this.waiting = new Backlog(capacity);
  }

  deliver(message: Message): void {
    if (!this.#isNew(message)) return;
    if (message.qos === 1) this.waiting.add(message);
    else this.#line?.send(packetFor(message));
    this.#fill();
  }

  attach(line: Pick<DeviceLine, "send">, receiveMaximum: number): void {
    this.#line = { send: (packet) => line.send(packet), most: receiveMaximum };
    for (const [id, message] of this.#out) line.send({ ...packetFor(message, id), dup: true });
    this.#fill();
  }

  subscribed(): void {
    this.#known.retained.clear();
  }

  detach(): void {
    this.#line = undefined;
  }

  acknowledged(messageId: number): void {
    this.#out.delete(messageId);
    this.#fill();
  }

  #isNew({ copyId, retain }: Message): boolean {
    if (copyId === undefined) return true;
    const known = retain ? this.#known.retained : this.#known.live;
    if (known.has(copyId)) return false;
    known.add(copyId);
    const [oldest = ""] = known;
    if (known.size > REMEMBERED_COPIES) known.delete(oldest);
    return true;
  }

  #fill(): void {
    while (this.#line && this.#out.size < this.#line.most) {
      const message = this.waiting.take();
      if (message === undefined) return;
      do this.#lastId = this.#lastId === 65_535 ? 1 : this.#lastId + 1;
      while (this.#out.has(this.#lastId));
      this.#out.set(this.#lastId, message);
      this.#line.send(packetFor(message, this.#lastId));
    }
  }
}

export class ProxiedDevice {
  readonly legs: ReadonlyMap<string, Leg>;
  mailbox: Mailbox;
  line: DeviceLine | undefined;
  will: IConnectPacket["will"];
  readonly filters = new Set<string>();

  constructor(
    readonly deviceId: string,
    readonly options: ProxyOptions,
  ) {
    const { capacity, reconnectMs } = options;
    this.mailbox = new Mailbox(capacity);
    const onMessage = (message: Message) => this.mailbox.deliver(message);
    const legs = options.brokers.map((broker) => {
      const leg = new Leg({ broker, deviceId, capacity, reconnectMs, onMessage });
      return [broker.name, leg] as const;
    });
    this.legs = new Map(legs);
  }

  attach(line: DeviceLine, { will, properties }: IConnectPacket): void {
    this.line = line;
    this.will = will;
    this.mailbox.attach(line, properties?.receiveMaximum ?? 65_535);
  }

  forward(message: Message, decided: (verdict: Verdict) => void): void {
    const route = routeOf(this.options.routes, message.topic);
    if (route === undefined) return;
    const { acknowledge, brokers } = route;
    const copyId = randomUUID();
    const { onMissed } = this.options;
    const outcomes = new Map<string, Outcome>();
    let decide: typeof decided | undefined = decided;
    for (const name of brokers) {
      this.legs.get(name)?.publish({ ...message, copyId }, (outcome) => {
        outcomes.set(name, outcome);
        const verdict = verdictOf(
          acknowledge,
          brokers.map((each) => outcomes.get(each)),
        );
        if (verdict !== "wait") {
          decide?.(verdict);
          decide = undefined;
        }
        if (outcome !== "acknowledged") onMissed(name, message, outcome);
      });
    }
  }

  publish(packet: IPublishPacket): void {
    const { line } = this;
    const { qos, topic, messageId = 0 } = packet;
    const answer = (reasonCode: number) => line?.send({ cmd: "puback", messageId, reasonCode });
    const answerIfAsked = qos === 0 ? () => {} : answer;
    if (routeOf(this.options.routes, topic)) {
      this.forward(messageFrom(packet), (verdict) => {
        answerIfAsked(verdict === "acknowledge" ? 0 : 131);
      });
    } else {
      answerIfAsked(144);
    }
  }

  subscribe({ messageId = 0, subscriptions }: ISubscribePacket): void {
    this.mailbox.subscribed();
    const { line } = this;
    const granted = subscriptions.map(() => -1);
    const grant = (index: number, code: number) => {
      if (granted[index] !== -1) return;
      granted[index] = code;
      if (!granted.includes(-1)) line?.send({ cmd: "suback", messageId, granted });
    };
    for (const [index, { topic, ...options }] of subscriptions.entries()) {
      const legs = [...this.#legsOf(topic)];
      if (legs.length === 0) {
        grant(index, 143);
        continue;
      }
      this.filters.add(topic);
      const qos = options.qos === 0 ? 0 : 1;
      const refused = new Set<Leg>();
      for (const leg of legs) {
        leg.subscribe(topic, { ...options, qos }, (outcome) => {
          if (outcome === "acknowledged") return grant(index, qos);
          refused.add(leg);
          if (refused.size === legs.length) grant(index, 131);
        });
      }
    }
  }

  unsubscribe({ messageId = 0, unsubscriptions }: IUnsubscribePacket): void {
    const granted = unsubscriptions.map((filter) => {
      for (const leg of this.legs.values()) leg.unsubscribe(filter);
      return this.filters.delete(filter) ? 0 : 17;
    });
    this.line?.send({ cmd: "unsuback", messageId, granted });
  }

  acknowledged(messageId: number): void {
    this.mailbox.acknowledged(messageId);
  }

  detach(how: "politely" | "broken"): void {
    const left = how === "broken" ? this.will : undefined;
    this.line = undefined;
    this.will = undefined;
    this.mailbox.detach();
    if (left === undefined) return;
    const { topic, payload, qos = 0, retain = false, properties = {} } = left;
    this.forward(messageFrom({ topic, payload, qos, retain, properties }), () => {});
  }

  forget(): void {
    for (const leg of this.legs.values())
      for (const filter of this.filters) leg.unsubscribe(filter);
    this.filters.clear();
    this.mailbox = new Mailbox(this.options.capacity);
  }

  async idle(): Promise<void> {
    const legs = [...this.legs.values()];
    await Promise.all(legs.map((leg) => leg.idle()));
  }

  close(): void {
    this.legs.forEach((leg) => {
      leg.close();
    });
  }

  *#legsOf(filter: string): Generator<Leg> {
    for (const [name, leg] of this.legs) {
      const leads = ({ filter: own, brokers }: Route) =>
        brokers.includes(name) && filtersOverlap(own, filter);
      if (this.options.routes.some(leads)) yield leg;
    }
  }
}
