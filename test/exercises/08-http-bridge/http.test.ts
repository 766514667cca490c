import type { Store } from "../../../workbook/bridge/store.ts";
import { check, describe } from "../../../workbook/checks/harness/check.ts";
import { settles, within } from "../../../workbook/checks/harness/deadline.ts";
import type { Desk } from "../../../workbook/checks/harness/desk.ts";
import { roundTrip } from "../../../workbook/checks/harness/held.ts";
import { Wrong } from "../../../workbook/checks/harness/wrong.ts";
import {
  answers,
  few,
  openDatabase,
  openService,
  post,
  start,
  storeWith,
  temperature,
  until,
} from "./lab.ts";

describe("acceptCommand", () => {
  check("acceptCommand", "stores a command, and says where to look", async (desk) => {
    const { store } = await openDatabase(desk);
    const url = await openService(desk, store);
    const response = await posted(url, { key: desk.name("key"), text: "open" });
    const location = response.headers.get("location") ?? "";
    const found = location.startsWith("/") ? await fetch(`${url}${location}`) : undefined;
    const told = (await found?.json()) as Record<string, unknown> | undefined;
    const isRight = told?.deviceId === "window" && told.text === "open" && told.state === "stored";
    if (response.status === 202 && isRight) return;
    throw new Wrong({
      headline: "a command is not accepted as it should be",
      expected: "202, and a Location under which the command is found: open, for window, stored",
      got: `${response.status}, Location ${location || "none"}: ${JSON.stringify(told) ?? "nothing there"}`,
      why: "202 Accepted means that it will be done, not that it is done: so it says where to look",
    });
  });

  check("acceptCommand", "answers when the command is stored, not before", async (desk) => {
    const { store, lock } = await openDatabase(desk);
    const { acceptCommand } = await answers();
    const held = lock();
    let isAnswered = false;
    const request = { deviceId: "window", key: desk.name("key"), text: "open" };
    const answer = settles("acceptCommand", () => acceptCommand(store, request)).then(() => {
      isAnswered = true;
    });
    answer.catch(() => {});
    await Promise.race([roundTrip(desk), answer]);
    const early = isAnswered;
    held.release();
    await answer;
    if (!early) return;
    throw new Wrong({
      headline: "a command is accepted before it is stored",
      expected: "an answer when the store has resolved: the database was locked meanwhile",
      got: "an answer at once",
      why: "who is killed now has promised something that nobody will remember",
    });
  });

  check("acceptCommand", "stores a request once that comes again", async (desk) => {
    const { store } = await openDatabase(desk);
    const { acceptCommand } = await answers();
    const request = { deviceId: "window", key: desk.name("key"), text: "open" };
    const ask = () => settles("acceptCommand", () => acceptCommand(store, request));
    const all = await Promise.all(Array.from({ length: 5 }, ask));
    all.push(await ask());
    const places = all.map(({ status, location }: { status: number; location?: string }) =>
      [status, location].join(" "),
    );
    const stored = await store.claimCommands("check", 100);
    if (new Set(places).size === 1 && stored.length === 1 && isPlaceOf(stored[0]?.id, places))
      return;
    throw new Wrong({
      headline: "a request that comes again is another command",
      expected: "6 requests with one key: one command, and the same answer to all",
      got: `${stored.length} commands, ${new Set(places).size} answers: ${few([...new Set(places)], 2)}`,
      why: "whose answer was lost asks again, and cannot know that the window is being opened already",
    });
  });

  check("acceptCommand", "refuses a key that stands for another request", async (desk) => {
    const { store } = await openDatabase(desk);
    const url = await openService(desk, store);
    await posted(url, { key: desk.name("key"), text: "open" });
    const other = await posted(url, { key: desk.name("key"), text: "close" });
    const elsewhere = await posted(url, { key: desk.name("key"), text: "open", deviceId: "door" });
    const again = await posted(url, { key: desk.name("key"), text: "open" });
    const { problem } = (await other.json()) as { problem?: string };
    const got = [other, elsewhere, again].map(({ status }) => status);
    if (got.join() === "422,422,202" && problem) return;
    throw new Wrong({
      headline: "one key stands for two requests",
      expected:
        "422 for another text, with a problem in words; 422 for another device; 202 for the same again",
      got: `${few(got)}; ${problem ? `problem: ${problem}` : "no words"}`,
      why: "to answer with the first command would tell a client that something is done which nobody does",
    });
  });

  check("acceptCommand", "takes only what is one level of a topic for a device", async (desk) => {
    const { store } = await openDatabase(desk);
    const { acceptCommand } = await answers();
    const bad = ["", "+", "#", "a/b", "window/readings", "a+", "win#dow", "a\0b"];
    const good = ["window", "sensor.2-b_7", "Küche 3", "$1"];
    const statusOf = (deviceId: string) =>
      settles("acceptCommand", async () => {
        const request = { deviceId, key: desk.name(`key of ${deviceId}`), text: "open" };
        const answer = await acceptCommand(store, request);
        if (answer.status === 202) return "202";
        return `${answer.status}, ${answer.problem ? "and why" : "without a word"}`;
      });
    for (const deviceId of [...bad, ...good]) {
      const expected = good.includes(deviceId) ? "202" : "400, and why";
      const status = await statusOf(deviceId);
      if (status === expected) continue;
      throw new Wrong({
        headline: "a device's id is not looked at as it should be",
        expected: `${expected} for ${JSON.stringify(deviceId)}`,
        got: status,
        why: "the id becomes one level of a topic: a / would make another topic of it, and a wildcard ends the line of the worker [MQTT-3.3.2-2]",
      });
    }
    const stored = await store.claimCommands("check", 100);
    if (stored.length === good.length) return;
    throw new Wrong({
      headline: "a command is refused and stored all the same",
      expected: `commands of ${few(good)}`,
      got: `commands of ${few(stored.map(({ deviceId }) => JSON.stringify(deviceId)))}`,
      why: "what is in the store, the worker publishes",
    });
  });

  check("acceptCommand", "knows a request again after kill -9 of the service", async (desk) => {
    const { store, file } = await openDatabase(desk);
    const child = await start(desk, "service", file);
    const request = { key: desk.name("key"), text: "open" };
    const lost = post(child.url, request).catch(() => undefined);
    const isStored = async () => (await store.lastEventId()) > 0;
    await until(store, isStored, () => notStored());
    child.kill();
    await child.gone;
    await lost;
    // The next one, in this process: it knows no more than the database does.
    const url = await openService(desk, store);
    const again = await posted(url, request);
    const stored = await store.claimCommands("check", 100);
    const place = again.headers.get("location") ?? "";
    if (stored.length === 1 && isPlaceOf(stored[0]?.id, [place])) return;
    throw new Wrong({
      headline: "the service was killed, and a request that comes again is another command",
      expected: "1 command, and its Location in the answer",
      got: `${stored.length} commands, Location ${place || "none"}`,
      why: "what a process knows, ends with it: the database has to know the keys",
    });
  });

  const posted = (url: string, request: Parameters<typeof post>[1]) =>
    settles("acceptCommand", () => post(url, request));

  const isPlaceOf = (id: string | undefined, [place = ""]: readonly string[]) =>
    id !== undefined && place.endsWith(`/commands/${id}`);

  const notStored = () =>
    new Wrong({
      headline: "a command never gets into the store",
      expected: "store.addCommand",
      got: "nothing is stored",
      why: "the worker publishes what it finds in the store, and nothing else",
    });
});

describe("readingsPage", () => {
  check("readingsPage", "gives each reading once, page by page", async (desk) => {
    const { store } = await openDatabase(desk);
    const url = await openService(desk, store);
    const add = async (value: number) => {
      for (const deviceId of ["window", "door"]) {
        await store.addReading({ messageId: `${value}`, deviceId, reading: temperature(value) });
      }
    };
    for (let value = 0; value < 25; value++) await add(value);
    const values: number[] = [];
    let since = 0;
    for (const size of [10, 10, 8]) {
      const { readings, next } = await pageOf(url, since, size);
      values.push(...readings);
      since = next;
      if (size === 10) await add(25 + values.length / 10);
    }
    const expected = [...Array(25).keys(), 26, 27];
    if (values.join() === expected.join()) return;
    throw new Wrong({
      headline: "the pages leave out readings, or repeat some",
      expected: few(expected, 30),
      got: few(values, 30),
      why: "a page begins behind the place of the last reading of the one before, whatever else was stored meanwhile",
    });
  });

  check("readingsPage", "stays where it is while nothing is new", async (desk) => {
    const { store } = await openDatabase(desk);
    const url = await openService(desk, store);
    const add = (value: number) =>
      store.addReading({ messageId: `${value}`, deviceId: "window", reading: temperature(value) });
    for (const value of [1, 2, 3]) await add(value);
    const first = await pageOf(url, 0, 10);
    const second = await pageOf(url, first.next, 10);
    await add(4);
    const third = await pageOf(url, second.next, 10);
    const got = [first, second, third].map(({ readings }) => readings.join(" ") || "none");
    if (got.join() === "1 2 3,none,4") return;
    throw new Wrong({
      headline: "after an empty page it goes on at another place",
      expected: "1 2 3, then none, then 4",
      got: got.join(", then "),
      why: "who is up to date asks again from the same place: next is since, where there is nothing new",
    });
  });

  const pageOf = (url: string, since: number, limit: number) =>
    settles("readingsPage", async () => {
      const response = await fetch(`${url}/devices/window/readings?since=${since}&limit=${limit}`);
      const { readings = [], next = Number.NaN } = (await response.json()) as {
        readings?: { reading: { value: number } }[];
        next?: number;
      };
      return { readings: readings.map(({ reading }) => reading.value), next };
    });
});

describe("streamEvents", () => {
  check("streamEvents", "writes what happens from now on", async (desk) => {
    const { store } = await openDatabase(desk);
    for (const deviceId of ["old-1", "old-2"]) await store.setPresence(deviceId, "online");
    const stream = await streamOf(desk, store, undefined);
    let markers = 0;
    const begun = Promise.race([stream.written(1, () => silent()), stream.done]);
    // When it has begun, nobody can tell from outside: until the first event comes.
    const mark = async () => {
      while (stream.texts.length === 0 && !stream.isOver()) {
        await store.setPresence(`marker-${++markers}`, "online");
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await Promise.all([begun, mark()]);
    await store.setPresence("window", "online");
    await store.addReading({ messageId: "1", deviceId: "window", reading: temperature(21) });
    const last = await store.lastEventId();
    const isLast = (text: string) => idsOf([text])[0] === last;
    await stream.until(
      (texts) => texts.some(isLast),
      () => silent(stream.texts),
    );
    const { formatEvent } = await answers();
    const all = (await store.eventsBehind(0, 10_000)).map(formatEvent);
    const first = all.indexOf(stream.texts[0] ?? "");
    const expected = all.slice(Math.max(2, first));
    if (stream.texts.join("") === expected.join("")) return;
    throw new Wrong({
      headline: "the stream is not what happens",
      expected: `events ${few(idsOf(expected), 4)}, each once, with formatEvent`,
      got: `${few(idsOf(stream.texts), 4)}: ${JSON.stringify(stream.texts[0] ?? "")}`,
      why: "who connects for the first time wants to know what happens, not what happened; the id lets it go on later",
    });
  });

  check("streamEvents", "goes on behind the Last-Event-ID", async (desk) => {
    const { store } = await openDatabase(desk);
    for (const number of [1, 2, 3, 4, 5]) await store.setPresence(`device-${number}`, "online");
    const url = await openService(desk, store);
    const gone = new AbortController();
    desk.atEnd(() => gone.abort());
    const response = await fetch(`${url}/events`, {
      headers: { "last-event-id": "2" },
      signal: gone.signal,
    });
    let text = "";
    const read = async () => {
      for await (const part of response.body ?? []) {
        text += Buffer.from(part).toString();
        if (text.includes("device-6")) return;
      }
    };
    const reading = read();
    reading.catch(() => {});
    await store.setPresence("device-6", "online");
    const wrong = () =>
      new Wrong({
        headline: "the stream does not go on where it broke",
        expected: "events 3, 4, 5, 6, each once, for Last-Event-ID 2",
        got: few(idsOf([text])),
        why: "a browser that has lost its line says what it has seen, and wants what came behind that, as a client with a session does",
      });
    await within(reading, wrong);
    if (idsOf([text]).join() !== "3,4,5,6") throw wrong();
  });

  check("streamEvents", "misses nothing that happens while it looks", async (desk) => {
    const { store } = await openDatabase(desk);
    let looks = 0;
    const eventsBehind: Store["eventsBehind"] = async (id, limit) => {
      const found = await store.eventsBehind(id, limit);
      // Something happens in the moment after the look, and before the answer is there.
      if (++looks === 1) await store.setPresence("window", "online");
      return found;
    };
    const stream = await streamOf(desk, storeWith(store, { eventsBehind }), 0);
    await stream.written(
      1,
      () =>
        new Wrong({
          headline: "an event is missed that happens while it looks",
          expected: "event 1, which came between the first look and the wait",
          got: "nothing",
          why: "first watch, then look: as with a subscription, where the handler comes first",
        }),
    );
  });

  check("streamEvents", "ends when its reader has gone", async (desk) => {
    const { store } = await openDatabase(desk);
    let watchers = 0;
    const watch: Store["watch"] = (changed) => {
      watchers++;
      const unwatch = store.watch(changed);
      let isOver = false;
      return () => {
        if (!isOver) watchers--;
        isOver = true;
        unwatch();
      };
    };
    await store.setPresence("window", "online");
    const stream = await streamOf(desk, storeWith(store, { watch }), 0);
    await stream.written(1, () => silent());
    await roundTrip(desk);
    stream.abort();
    await within(
      stream.done,
      () =>
        new Wrong({
          headline: "a stream goes on although its reader has gone",
          expected: "it resolves when the signal is aborted",
          got: "it still waits for events",
          why: "readers come and go: what waits for each of them for ever fills the memory",
        }),
    );
    if (watchers === 0) return;
    throw new Wrong({
      headline: "a stream has ended, and still watches the store",
      expected: "what store.watch returned is called",
      got: `${watchers} watchers`,
      why: "each reader leaves one behind, and all are called at each change",
    });
  });

  check("streamEvents", "writes no faster than its reader reads", async (desk) => {
    const { store } = await openDatabase(desk);
    for (const number of [1, 2, 3]) await store.setPresence(`device-${number}`, "online");
    let read = () => {};
    const stream = await streamOf(
      desk,
      store,
      0,
      () =>
        new Promise<void>((resolve) => {
          read = resolve;
        }),
    );
    await stream.written(1, () => silent());
    await roundTrip(desk);
    const { length } = stream.texts;
    for (let number = 2; number <= 3; number++) {
      read();
      await stream.written(number, () => silent(stream.texts));
    }
    read();
    if (length === 1) return;
    throw new Wrong({
      headline: "a slow reader is written to as if it were fast",
      expected: "one event, and the next one when write has resolved",
      got: `${length} events at once`,
      why: "what a reader does not take waits in the memory of the service: that is backpressure, felt by nobody",
    });
  });

  /** The answer's stream, with what it has written. */
  const streamOf = async (
    desk: Desk,
    store: Store,
    lastEventId: number | undefined,
    read: () => Promise<void> = async () => {},
  ) => {
    const { streamEvents } = await answers();
    const texts: string[] = [];
    const gone = new AbortController();
    desk.atEnd(() => gone.abort());
    let news = () => {};
    let isOver = false;
    const done = (async () => {
      const write = (text: string) => {
        texts.push(text);
        news();
        return read();
      };
      await streamEvents(store, lastEventId, write, gone.signal);
    })().finally(() => {
      isOver = true;
      news();
    });
    done.catch(() => {});
    const seen = (isEnough: (texts: readonly string[]) => boolean, explain: () => Error) =>
      within(
        new Promise<void>((resolve, reject) => {
          news = () => {
            if (isEnough(texts)) resolve();
            else if (isOver) done.then(() => reject(explain()), reject);
          };
          news();
        }),
        explain,
      );
    return {
      texts: texts as readonly string[],
      done,
      isOver: () => isOver,
      abort: () => gone.abort(),
      until: seen,
      written: (count: number, explain: () => Error) =>
        settles("streamEvents", () => seen(({ length }) => length >= count, explain)),
    };
  };

  const idsOf = (texts: readonly string[]) =>
    [...texts.join("").matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));

  const silent = (texts: readonly string[] = []) =>
    new Wrong({
      headline: "an event is never written",
      expected: "each event that the store has behind the last one that was written",
      got: texts.length === 0 ? "nothing" : `${few(idsOf(texts))}, and nothing more`,
      why: "the reader is connected, and believes that nothing happens",
    });
});
