// Kills: Backlog: drops the oldest when it is full
// Lets nobody in when it is full.

export * from "../../../solutions/09-broker-proxy.ts";

export class Backlog<Item> {
  dropped = 0;
  readonly #items: Item[] = [];

  constructor(readonly capacity: number) {}

  get size(): number {
    return this.#items.length;
  }

  add(item: Item): Item | undefined {
    if (this.#items.length < this.capacity) {
      this.#items.push(item);
      return undefined;
    }
    this.dropped++;
    return item;
  }

  take(): Item | undefined {
    return this.#items.shift();
  }
}
