// Kills: Outbox: takes no capacity but a whole number from 1
// Takes any capacity.
import * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

type Line = { readonly add: right.Message } | { readonly remove: string };

export class Outbox implements right.MessageStore {
  dropped = 0;
  readonly #journal: right.Journal<Line>;
  readonly #messages = new Map<string, right.Message>();
  #lines: number;

  constructor(
    file: string,
    readonly capacity: number,
  ) {
    this.#journal = new right.Journal(file);
    this.#lines = this.#journal.found.length;
    for (const line of this.#journal.found) {
      if ("add" in line) this.#messages.set(line.add.id, line.add);
      else this.#messages.delete(line.remove);
    }
  }

  pending(): readonly right.Message[] {
    return [...this.#messages.values()];
  }

  add(message: right.Message): void {
    this.#write({ add: message });
    this.#messages.set(message.id, message);
    for (const { id, kind } of this.pending()) {
      if (this.#messages.size <= this.capacity) break;
      if (kind !== "reading") continue;
      this.remove(id);
      this.dropped++;
    }
  }

  remove(id: string): void {
    if (this.#messages.delete(id)) this.#write({ remove: id });
    this.#tidy();
  }

  #write(line: Line): void {
    this.#journal.append(line);
    this.#lines++;
  }

  #tidy(): void {
    if (this.#lines < 4 * this.capacity) return;
    this.#journal.replace(this.pending().map((message) => ({ add: message })));
    this.#lines = this.#messages.size;
  }
}
