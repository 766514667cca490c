// Kills: Backlog: gives back in order what was put in
// Is a stack.

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
    if (this.#items.length <= this.capacity) return undefined;
    this.dropped++;
    return this.#items.shift();
  }

  take(): Item | undefined {
    return this.#items.pop();
  }
}
