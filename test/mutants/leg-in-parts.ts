import { connect, type IClientOptions, type MqttClient } from "mqtt";
import {
  Backlog,
  fitTo,
  LEG_WINDOW,
  type LegOptions,
  type Limits,
  legClientId,
  type Outcome,
  type Publication,
  type SubscribeOptions,
} from "../../solutions/09-broker-proxy.ts";
import { type Message, messageFrom, propertiesOf } from "../../workbook/proxy/message.ts";

export interface Subscription {
  readonly options: SubscribeOptions;
  readonly tell: (outcome: Outcome) => void;
}

/** The right leg of lab 9, in parts, so that a mutant can do one of them wrong. */
export class LegInParts {
  readonly backlog: Backlog<Publication>;
  protected readonly client: MqttClient;
  protected readonly filters = new Map<string, Subscription>();
  protected readonly unanswered = new Set<Pick<Publication, "tell">>();
  protected readonly whenIdle: (() => void)[] = [];
  protected isUp = false;

  constructor(protected readonly options: LegOptions) {
    this.backlog = this.makeBacklog();
    this.client = connect(options.broker.url, this.connectOptions());
    this.client.on("error", () => {});
    this.client.on("message", (_topic, _payload, packet) => options.onMessage(messageFrom(packet)));
    this.client.on("close", () => this.onDown());
    this.client.on("connect", () => {
      this.isUp = true;
      this.askAll();
      this.send();
    });
  }

  publish(message: Message, tell: (outcome: Outcome) => void): void {
    this.backlog.add({ message, tell })?.tell("dropped");
    this.send();
  }

  subscribe(filter: string, options: SubscribeOptions, tell: (outcome: Outcome) => void): void {
    const subscription = { options, tell };
    this.filters.set(filter, subscription);
    if (this.isUp) this.ask(filter, subscription);
  }

  unsubscribe(filter: string): void {
    if (!this.filters.delete(filter) || !this.isUp) return;
    const question = { tell: () => {} };
    this.unanswered.add(question);
    this.client.unsubscribe(filter, () => {
      this.answered(question, "acknowledged");
      this.send();
    });
  }

  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.whenIdle.push(resolve);
      this.lookIdle();
    });
  }

  close(): void {
    this.client.end(!this.isUp || this.unanswered.size > 0);
    this.isUp = false;
    for (const left of this.unanswered) this.answered(left, "dropped");
    for (let left = this.backlog.take(); left; left = this.backlog.take()) left.tell("dropped");
    this.lookIdle();
  }

  protected makeBacklog(): Backlog<Publication> {
    return new Backlog(this.options.capacity);
  }

  protected connectOptions(): IClientOptions {
    const { broker, deviceId, reconnectMs } = this.options;
    return {
      clientId: legClientId(broker.name, deviceId),
      protocolVersion: 5,
      clean: true,
      reconnectPeriod: reconnectMs,
      reconnectOnConnackError: true,
      resubscribe: false,
    };
  }

  protected onDown(): void {
    this.isUp = false;
  }

  protected askAll(): void {
    for (const [filter, subscription] of this.filters) this.ask(filter, subscription);
  }

  protected windowFor(receiveMaximum: number): number {
    return Math.min(LEG_WINDOW, receiveMaximum);
  }

  protected fit(message: Message, limits: Limits): Message | undefined {
    return fitTo(message, limits);
  }

  protected send(): void {
    const { receiveMaximum = LEG_WINDOW, ...limits } = this.client.serverProperties ?? {};
    while (this.isUp && this.unanswered.size < this.windowFor(receiveMaximum)) {
      const next = this.backlog.take();
      if (next === undefined) break;
      const fitted = this.fit(next.message, limits);
      if (fitted) this.publishNow(fitted, next);
      else next.tell("refused");
    }
    this.lookIdle();
  }

  protected publishNow(fitted: Message, publication: Publication): void {
    const { topic, payload, qos, retain } = fitted;
    const options = { qos, retain, properties: propertiesOf(fitted) };
    this.unanswered.add(publication);
    this.client.publish(topic, payload, options, (error) => {
      this.answered(publication, this.outcomeOf(error));
      queueMicrotask(() => this.send());
    });
  }

  protected outcomeOf(error: unknown): Outcome {
    return error ? "refused" : "acknowledged";
  }

  protected filterOutcomeOf(error: unknown): Outcome {
    return error ? "refused" : "acknowledged";
  }

  protected ask(filter: string, subscription: Subscription): void {
    this.unanswered.add(subscription);
    this.client.subscribe(filter, subscription.options, (error) => {
      if (error && !("packet" in error && error.packet)) this.unanswered.delete(subscription);
      else this.answered(subscription, this.filterOutcomeOf(error));
      this.send();
    });
  }

  protected answered(one: Pick<Publication, "tell">, outcome: Outcome): void {
    if (this.unanswered.delete(one)) one.tell(outcome);
  }

  protected lookIdle(): void {
    if (this.backlog.size > 0 || this.unanswered.size > 0) return;
    for (const resolve of this.whenIdle.splice(0)) resolve();
  }
}
