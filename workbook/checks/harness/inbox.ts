import { EventEmitter } from "node:events";
import { within } from "./deadline.ts";

/** What a learner's callback was called with, to wait for and to look through. */
export class Inbox {
  readonly #calls: { topic: string; value: unknown }[] = [];
  readonly #events = new EventEmitter();

  /** Hand this to the function under test. */
  readonly take = (topic: string, value: unknown): void => {
    this.#calls.push({ topic, value });
    this.#events.emit("call");
  };

  get values(): unknown[] {
    return this.#calls.map(({ value }) => value);
  }

  /** The first value that came under this topic. */
  async received(topic: string, explain: () => Error): Promise<unknown> {
    return (await this.#first((call) => call.topic === topic, explain)).value;
  }

  /** The first value that matches. */
  async matching(matches: (value: unknown) => boolean, explain: () => Error): Promise<unknown> {
    return (await this.#first((call) => matches(call.value), explain)).value;
  }

  /** What came so far, in words. */
  describe(): string {
    if (this.#calls.length === 0) return "no call";
    return this.#calls
      .map(({ topic, value }) => `("${topic}", ${JSON.stringify(value) ?? String(value)})`)
      .join("\n             ");
  }

  #first(
    matches: (call: { topic: string; value: unknown }) => boolean,
    explain: () => Error,
  ): Promise<{ topic: string; value: unknown }> {
    const found = new Promise<{ topic: string; value: unknown }>((resolve) => {
      const look = () => {
        const call = this.#calls.find(matches);
        if (call === undefined) return;
        this.#events.off("call", look);
        resolve(call);
      };
      this.#events.on("call", look);
      look();
    });
    return within(found, explain);
  }
}
