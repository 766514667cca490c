// Promises in the place of callbacks, lists in the place of maps.
import { randomUUID } from "node:crypto";
import { type EventEmitter, once } from "node:events";
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
import { filtersOverlap, type Policy, type Route } from "../../../workbook/proxy/routes.ts";
import { prefixed } from "../../../workbook/telemetry.ts";
import { filterMatches } from "../../../workbook/wire/filters.ts";

export const LEG_WINDOW = 20;
export const REMEMBERED_COPIES = 1000;

export function legClientId(brokerName: string, deviceId: string): string {
  return prefixed(`proxy:${encodeURIComponent(deviceId)}:${brokerName}`);
}

export function routeOf(routes: readonly Route[], topic: string): Route | undefined {
  for (const route of routes) {
    if (filterMatches(route.filter, topic)) return route;
  }
  return undefined;
}

export function verdictOf(policy: Policy, outcomes: readonly (Outcome | undefined)[]): Verdict {
  const needed = { all: outcomes.length, any: 1, primary: 1 }[policy];
  const counting = policy === "primary" ? [outcomes[0]] : outcomes;
  let [good, bad] = [0, 0];
  for (const outcome of counting) {
    if (outcome === "acknowledged") good++;
    else if (outcome !== undefined) bad++;
  }
  if (good >= needed) return "acknowledge";
  return bad > counting.length - needed ? "refuse" : "wait";
}

export function fitTo(message: Message, limits: Limits): Message | undefined {
  const copy = { ...message };
  if (limits.maximumQoS === 0) copy.qos = 0;
  if (limits.retainAvailable === false) copy.retain = false;
  if (limits.maximumPacketSize && sizeOnWire(copy) > limits.maximumPacketSize) return undefined;
  return copy;
}

export class Backlog<Item> {
  dropped = 0;
  #items = new Map<number, Item>();
  #first = 0;
  #next = 0;

  constructor(readonly capacity: number) {}

  get size(): number {
    return this.#next - this.#first;
  }

  add(item: Item): Item | undefined {
    const gone = this.size === this.capacity ? this.take() : undefined;
    if (this.size === this.capacity - 1 && gone !== undefined) this.dropped++;
    this.#items.set(this.#next++, item);
    return gone;
  }

  take(): Item | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items.get(this.#first);
    this.#items.delete(this.#first++);
    return item;
  }
}

export class Leg {
  readonly backlog: Backlog<Publication>;
  readonly #client: MqttClient;
  #wanted: { filter: string; options: SubscribeOptions; tell: (outcome: Outcome) => void }[] = [];
  #open: { tell: ((outcome: Outcome) => void) | undefined }[] = [];
  #asking = 0;
  #stands = false;
  #isClosed = false;
  #wake: (() => void)[] = [];

  constructor(private readonly options: LegOptions) {
    this.backlog = new Backlog(options.capacity);
    this.#client = connect(options.broker.url, {
      clientId: legClientId(options.broker.name, options.deviceId),
      protocolVersion: 5,
      reconnectPeriod: options.reconnectMs,
      reconnectOnConnackError: true,
      resubscribe: false,
      manualConnect: true,
    });
    this.#client
      .on("error", () => {})
      .on("message", (_topic, _payload, packet) => this.options.onMessage(messageFrom(packet)))
      .on("close", () => {
        this.#stands = false;
      });
    this.#client.connect();
    void this.#live();
  }

  publish(message: Message, tell: (outcome: Outcome) => void): void {
    const gone = this.backlog.add({ message, tell });
    if (gone) gone.tell("dropped");
    void this.#pump();
  }

  subscribe(filter: string, options: SubscribeOptions, tell: (outcome: Outcome) => void): void {
    this.#wanted = this.#wanted.filter((one) => one.filter !== filter);
    this.#wanted.push({ filter, options, tell });
    if (this.#stands) void this.#ask(filter, options, tell);
  }

  unsubscribe(filter: string): void {
    const before = this.#wanted.length;
    this.#wanted = this.#wanted.filter((one) => one.filter !== filter);
    if (!this.#stands || this.#wanted.length === before) return;
    this.#client.unsubscribeAsync(filter).catch(() => {});
  }

  async idle(): Promise<void> {
    while (this.backlog.size > 0 || this.#open.length > 0 || this.#asking > 0) {
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#stands = false;
    this.#client.end(true);
    for (const one of this.#open.splice(0)) {
      one.tell?.("dropped");
      one.tell = undefined;
    }
    for (;;) {
      const left = this.backlog.take();
      if (left === undefined) break;
      left.tell("dropped");
    }
    this.#change();
  }

  async #live(): Promise<void> {
    while (!this.#isClosed) {
      await once(this.#client as unknown as EventEmitter, "connect").catch(() => {});
      if (!this.#client.connected || this.#isClosed) continue;
      this.#stands = true;
      for (const { filter, options, tell } of this.#wanted) void this.#ask(filter, options, tell);
      void this.#pump();
    }
  }

  async #pump(): Promise<void> {
    const limits = this.#client.serverProperties ?? {};
    const room = Math.min(LEG_WINDOW, limits.receiveMaximum ?? LEG_WINDOW);
    while (this.#stands && this.#open.length < room) {
      const next = this.backlog.take();
      if (next === undefined) return;
      const message = fitTo(next.message, limits);
      if (message === undefined) next.tell("refused");
      else void this.#send(message, next.tell);
    }
  }

  async #send(message: Message, tell: (outcome: Outcome) => void): Promise<void> {
    const own: { tell: typeof tell | undefined } = { tell };
    this.#open.push(own);
    const { topic, payload, qos, retain } = message;
    const outcome = await this.#client
      .publishAsync(topic, payload, { qos, retain, properties: propertiesOf(message) })
      .then(() => "acknowledged" as const)
      .catch(() => "refused" as const);
    this.#open = this.#open.filter((one) => one !== own);
    own.tell?.(outcome);
    this.#change();
    await this.#pump();
  }

  async #ask(
    filter: string,
    options: SubscribeOptions,
    tell: (outcome: Outcome) => void,
  ): Promise<void> {
    this.#asking++;
    try {
      await this.#client.subscribeAsync(filter, options);
      tell("acknowledged");
    } catch (error) {
      if (error instanceof Error && "packet" in error && error.packet) tell("refused");
    } finally {
      this.#asking--;
      this.#change();
    }
  }

  #change(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

export class Mailbox {
  readonly waiting: Backlog<Message>;
  #seen: string[] = [];
  #seenRetained: string[] = [];
  #sent: IPublishPacket[] = [];
  #line: Pick<DeviceLine, "send"> | undefined;
  #most = 0;
  #id = 40_000;

  constructor(capacity: number) {
    this.waiting = new Backlog(capacity);
  }

  deliver(message: Message): void {
    const { copyId, retain, qos } = message;
    const seen = retain ? this.#seenRetained : this.#seen;
    if (copyId !== undefined) {
      if (seen.includes(copyId)) return;
      seen.push(copyId);
      if (seen.length > REMEMBERED_COPIES) seen.shift();
    }
    if (qos === 0) {
      this.#line?.send(packetFor(message));
    } else {
      this.waiting.add(message);
      this.#go();
    }
  }

  attach(line: Pick<DeviceLine, "send">, receiveMaximum: number): void {
    this.#line = line;
    this.#most = receiveMaximum;
    for (const packet of this.#sent) {
      packet.dup = true;
      line.send(packet);
    }
    this.#go();
  }

  subscribed(): void {
    this.#seenRetained = [];
  }

  detach(): void {
    this.#line = undefined;
  }

  acknowledged(messageId: number): void {
    this.#sent = this.#sent.filter((packet) => packet.messageId !== messageId);
    this.#go();
  }

  #go(): void {
    while (this.#line !== undefined && this.#sent.length < this.#most && this.waiting.size > 0) {
      const message = this.waiting.take();
      if (message === undefined) return;
      do this.#id = this.#id >= 65_535 ? 1 : this.#id + 1;
      while (this.#sent.some(({ messageId }) => messageId === this.#id));
      const packet = packetFor(message, this.#id);
      this.#sent.push(packet);
      this.#line.send(packet);
    }
  }
}

export class ProxiedDevice {
  readonly legs = new Map<string, Leg>();
  mailbox: Mailbox;
  line: DeviceLine | undefined;
  will: IConnectPacket["will"];
  readonly filters = new Set<string>();

  constructor(
    readonly deviceId: string,
    readonly options: ProxyOptions,
  ) {
    this.mailbox = new Mailbox(options.capacity);
    for (const broker of options.brokers) {
      const onMessage = (message: Message) => this.mailbox.deliver(message);
      this.legs.set(broker.name, new Leg({ ...options, broker, deviceId, onMessage }));
    }
  }

  attach(line: DeviceLine, { will, properties }: IConnectPacket): void {
    this.line = line;
    this.will = will;
    this.mailbox.attach(line, properties?.receiveMaximum ?? 65_535);
  }

  forward(message: Message, decided: (verdict: Verdict) => void): void {
    const route = routeOf(this.options.routes, message.topic);
    if (route === undefined) return;
    const copy = { ...message, copyId: randomUUID() };
    void this.#settle(route.acknowledge, [...route.brokers], (name, tell) => {
      this.legs.get(name)?.publish(copy, (outcome) => {
        if (outcome !== "acknowledged") this.options.onMissed(name, message, outcome);
        tell(outcome);
      });
    }).then(decided);
  }

  publish(packet: IPublishPacket): void {
    const { line } = this;
    const { qos, messageId = 0 } = packet;
    const answer = (reasonCode: number) => {
      if (qos > 0) line?.send({ cmd: "puback", messageId, reasonCode });
    };
    if (!routeOf(this.options.routes, packet.topic)) answer(144);
    this.forward(messageFrom(packet), (verdict) => answer(verdict === "refuse" ? 131 : 0));
  }

  async subscribe({ messageId = 0, subscriptions }: ISubscribePacket): Promise<void> {
    this.mailbox.subscribed();
    const { line } = this;
    const granted = await Promise.all(
      subscriptions.map(async ({ topic, qos: asked, nl, rap, rh }) => {
        const qos = asked > 0 ? 1 : 0;
        const names = this.options.brokers
          .map(({ name }) => name)
          .filter((name) =>
            this.options.routes.some(
              ({ filter, brokers }) => brokers.includes(name) && filtersOverlap(filter, topic),
            ),
          );
        if (names.length === 0) return 143;
        this.filters.add(topic);
        const options = { qos, ...(nl !== undefined && { nl }), ...(rap !== undefined && { rap }) };
        const all = { ...options, ...(rh !== undefined && { rh }) } as SubscribeOptions;
        const verdict = await this.#settle("any", names, (name, tell) =>
          this.legs.get(name)?.subscribe(topic, all, tell),
        );
        return verdict === "refuse" ? 131 : qos;
      }),
    );
    line?.send({ cmd: "suback", messageId, granted });
  }

  unsubscribe({ messageId = 0, unsubscriptions }: IUnsubscribePacket): void {
    for (const filter of unsubscriptions) {
      this.filters.delete(filter);
      for (const leg of this.legs.values()) leg.unsubscribe(filter);
    }
    const granted = unsubscriptions.map(() => 0);
    this.line?.send({ cmd: "unsuback", messageId, granted });
  }

  acknowledged(messageId: number): void {
    this.mailbox.acknowledged(messageId);
  }

  detach(how: "politely" | "broken"): void {
    this.line = undefined;
    this.mailbox.detach();
    if (how === "broken" && this.will !== undefined) {
      const { topic, payload, qos = 0, retain = false, properties = {} } = this.will;
      this.forward(messageFrom({ topic, payload, qos, retain, properties }), () => {});
    }
    this.will = undefined;
  }

  forget(): void {
    for (const filter of this.filters)
      for (const leg of this.legs.values()) leg.unsubscribe(filter);
    this.filters.clear();
    this.mailbox = new Mailbox(this.options.capacity);
  }

  async idle(): Promise<void> {
    for (const leg of this.legs.values()) await leg.idle();
  }

  close(): void {
    for (const leg of this.legs.values()) leg.close();
  }

  #settle(
    policy: Policy,
    names: readonly string[],
    ask: (name: string, tell: (outcome: Outcome) => void) => void,
  ): Promise<Verdict> {
    return new Promise((resolve) => {
      const outcomes: (Outcome | undefined)[] = names.map(() => undefined);
      for (const [index, name] of names.entries()) {
        ask(name, (outcome) => {
          outcomes[index] = outcome;
          const verdict = verdictOf(policy, outcomes);
          if (verdict !== "wait") resolve(verdict);
        });
      }
    });
  }
}
