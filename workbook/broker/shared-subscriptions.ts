import { randomUUID } from "node:crypto";
import type { Aedes, AedesPublishPacket, Client, Subscription } from "aedes";

/** ShareName: at least one character, none of "/", "+", "#" [MQTT-4.8.2-1], [MQTT-4.8.2-2]. */
const SHARED_FILTER = /^\$share\/([^/+#]+\/.+)$/s;

/**
 * Shared subscriptions for Aedes, added from outside: Aedes itself refuses `$share/<group>/<filter>`.
 * On each connection such a filter must become a private one, which nobody can publish to. So Aedes
 * answers SUBSCRIBE and keeps the subscription in the session; its events tell who is in which group,
 * and a group takes the messages of its filter and gives each to one member.
 *
 * @returns the filter that Aedes must see instead; throws if a `$share/` filter is malformed
 */
export function addSharedSubscriptions(broker: Aedes): (filter: string) => string {
  const prefix = `$${randomUUID()}/`;
  const groups = new Map<string, Group>();

  broker.on("subscribe", (subscriptions, client) => {
    for (const subscription of subscriptions) {
      const granted = (subscription.qos as number) < 0x80;
      const key = subscription.topic;
      if (!granted || !key.startsWith(prefix) || (client.closed && client.clean)) continue;
      let group = groups.get(key);
      if (group === undefined) {
        group = new Group(broker, key, key.slice(key.indexOf("/", prefix.length) + 1));
        groups.set(key, group);
      }
      group.join(client, subscription);
    }
  });
  const leave = (key: string, group: Group, clientId: string) => {
    if (group.leave(clientId)) groups.delete(key);
  };
  broker.on("unsubscribe", (filters, client) => {
    for (const key of filters) {
      const group = groups.get(key);
      if (group?.has(client)) leave(key, group, client.id);
    }
  });
  // A session that outlives its connection keeps its place in the group, and takes it up again.
  broker.on("clientDisconnect", (client) => {
    if (!client.clean) return;
    for (const [key, group] of groups) if (group.has(client)) leave(key, group, client.id);
  });
  broker.on("sessionExpired", (client) => {
    for (const [key, group] of groups) leave(key, group, client.id);
  });
  broker.on("connackSent", (packet, client) => {
    for (const [key, group] of groups) {
      if (packet.sessionPresent) group.resume(client);
      else leave(key, group, client.id);
    }
  });

  return (filter) => {
    if (!filter.startsWith("$share/")) return filter;
    const shared = SHARED_FILTER.exec(filter)?.[1];
    if (shared === undefined) throw new Error(`malformed shared subscription ${filter}`);
    return prefix + shared;
  };
}

interface Member {
  readonly client: Client;
  readonly subscription: Subscription;
}

/** The sessions that share one filter. */
class Group {
  /** By client id; the first is the next in turn. */
  readonly #members = new Map<string, Member>();
  #delivered = 0;

  constructor(
    private readonly broker: Aedes,
    private readonly key: string,
    private readonly filter: string,
  ) {
    broker.subscribe(filter, this.#deliver, () => {});
  }

  has(client: Client): boolean {
    return this.#members.get(client.id)?.client === client;
  }

  join(client: Client, subscription: Subscription): void {
    this.#members.set(client.id, { client, subscription });
  }

  /** The session goes on over a new connection. */
  resume(client: Client): void {
    const member = this.#members.get(client.id);
    if (member !== undefined) this.#members.set(client.id, { ...member, client });
  }

  /** @returns whether the group is empty, and therefore over */
  leave(clientId: string): boolean {
    this.#members.delete(clientId);
    if (this.#members.size > 0) return false;
    this.broker.unsubscribe(this.filter, this.#deliver, () => {});
    return true;
  }

  /** Whose turn it is: somebody connected if possible, else a session that can queue. */
  #next(): Member | undefined {
    const members = [...this.#members.values()];
    const next = members.find(({ client }) => client.connected && !client.closed) ?? members[0];
    if (next === undefined) return undefined;
    this.#members.delete(next.client.id);
    this.#members.set(next.client.id, next);
    return next;
  }

  readonly #deliver = (packet: AedesPublishPacket, done: () => void): void => {
    // A filter that starts with a wildcard does not match a topic that starts with $ [MQTT-4.7.2-1].
    const hidden = packet.topic.startsWith("$") && /^[+#]/.test(this.filter);
    const member = hidden ? undefined : this.#next();
    if (member === undefined) {
      done();
      return;
    }
    const { client, subscription } = member;
    const { subscriptionIdentifier } = subscription as { subscriptionIdentifier?: number };
    const copy = {
      ...packet,
      qos: Math.min(packet.qos, subscription.qos) as Subscription["qos"],
      retain: false,
      dup: false,
      // Aedes drops what it takes for a second copy: the same or a lower count from the same origin.
      // Counted as its own, this copy never stands in the way of the client's other subscriptions.
      brokerId: this.key,
      brokerCounter: ++this.#delivered,
      ...(subscriptionIdentifier !== undefined && {
        properties: { ...packet.properties, subscriptionIdentifier },
      }),
    };
    client.publish(copy, () => done());
  };
}
