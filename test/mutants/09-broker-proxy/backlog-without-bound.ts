// Kills: Backlog: drops the oldest when it is full
// Has room for everything.

export * from "../../../solutions/09-broker-proxy.ts";

export class Backlog<Item> {
  dropped = 0;
  readonly #items: Item[] = [];

  constructor(readonly capacity: number) {}

  get size(): number {
    return this.#items.length;
  }

  add(item: Item): Item | undefined {
    this.#items.push(item);
    return undefined;
  }

  take(): Item | undefined {
    return this.#items.shift();
  }
}
