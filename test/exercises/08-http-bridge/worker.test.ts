import type { Command, Store } from "../../../workbook/bridge/store.ts";
import { topicOf } from "../../../workbook/bridge/topics.ts";
import { check, describe } from "../../../workbook/checks/harness/check.ts";
import { settles, within } from "../../../workbook/checks/harness/deadline.ts";
import { brokerGone, type Desk, received, sent } from "../../../workbook/checks/harness/desk.ts";
import { roundTrip } from "../../../workbook/checks/harness/held.ts";
import { Inbox } from "../../../workbook/checks/harness/inbox.ts";
import { foreignName, notYourOwn } from "../../../workbook/checks/harness/own-names.ts";
import { playBroker, usual } from "../../../workbook/checks/harness/scripted-broker.ts";
import { Wrong } from "../../../workbook/checks/harness/wrong.ts";
import {
  answers,
  few,
  openDatabase,
  publish,
  publishOf,
  start,
  storeCommands,
  temperature,
  until,
} from "./lab.ts";

/** How long a worker may take to find back to its broker, in milliseconds. */
const PATIENCE = 8000;

describe("BridgeWorker", () => {
  check("BridgeWorker", "puts into the store what devices say", async (desk) => {
    const { store } = await openDatabase(desk);
    const worker = await workerOf(desk, store);
    await worker.start();
    await subscribed(desk);
    const foreign = foreignName(desk);
    if (foreign !== undefined) throw notYourOwn(desk, foreign);
    const [command] = await storeCommands(store, 1);
    const device = await desk.helper("device");
    const correlationData = Buffer.from(command?.id ?? "");
    await publish(device, topicOf("window", "status"), "online");
    await publish(device, topicOf("window", "readings"), JSON.stringify(temperature(21)), "id-1");
    await publish(device, topicOf("window", "replies"), "done", "id-2", { correlationData });
    const wanted = "window online, reading 21, reply done";
    const found = async () => {
      const [known] = await store.devices();
      const [row] = await store.readingsBehind(0, "window", 1);
      const reply = (await store.command(command?.id ?? ""))?.reply;
      return `${known?.id} ${known?.presence}, reading ${row?.reading.value}, reply ${reply}`;
    };
    await until(
      store,
      async () => (await found()) === wanted,
      async () =>
        new Wrong({
          headline: "what a device says does not get into the store",
          expected: wanted,
          got: await found(),
          why: "the HTTP service hears no MQTT: it knows what the worker has put into the store",
          wire: desk.frames(({ type }) => type !== "connect" && type !== "connack"),
        }),
    );
  });

  check("BridgeWorker", "takes each message for what its topic says", async (desk) => {
    const { store } = await openDatabase(desk);
    const worker = await workerOf(desk, store);
    await worker.start();
    await subscribed(desk);
    const [asked, other] = (await storeCommands(store, 2)) as [Command, Command];
    const device = await desk.helper("device");
    const answering = ({ id }: Command) => ({ correlationData: Buffer.from(id) });
    const reading = (value: number) => JSON.stringify(temperature(value));
    await publish(device, topicOf("window", "replies"), "offline", "1", answering(asked));
    await publish(device, topicOf("window", "replies"), reading(1), "2", answering(asked));
    await publish(device, topicOf("window", "readings"), reading(2), "3", answering(other));
    await publish(device, topicOf("window", "status"), "online", "4");
    const wanted = "presence online; readings 2; no reply";
    const found = async () => {
      const events = await store.eventsBehind(0, 100);
      const presences = events
        .filter(({ type }) => type === "presence")
        .map(({ data }) => (data as { presence: string }).presence);
      const values = (await store.readingsBehind(0, "window", 10)).map(
        ({ reading }) => reading.value,
      );
      const { reply } = (await store.command(other.id)) ?? {};
      return `presence ${few(presences)}; readings ${few(values)}; ${reply ? "a reply" : "no reply"}`;
    };
    const wrong = async () =>
      new Wrong({
        headline: "a message counts as something that its topic does not say",
        expected: `${wanted} to the command that only a reading named`,
        got: await found(),
        why: "rights are given by topic: what may be written on one must not work as another",
        wire: desk.frames(received("publish")),
      });
    const isOnline = async () => (await store.devices())[0]?.presence === "online";
    await until(store, isOnline, wrong);
    if ((await found()) !== wanted) throw await wrong();
  });

  check("BridgeWorker", "acknowledges a message when the store has it", async (desk) => {
    const { store, lock } = await openDatabase(desk);
    const worker = await workerOf(desk, store);
    await worker.start();
    await subscribed(desk);
    const held = lock();
    const device = await desk.helper("device");
    await publish(device, topicOf("window", "readings"), JSON.stringify(temperature(21)), "id-1");
    await desk.sees(received("publish"), () => brokerGone("it did not deliver a message"));
    await roundTrip(desk);
    const early = desk.frames(sent("puback")).length > 0;
    held.release();
    if (early) {
      throw new Wrong({
        headline: "a message is acknowledged that the store does not have",
        expected: "→ PUBACK when takeReading has resolved: the database was locked",
        got: "→ PUBACK at once",
        why: "the broker forgets what is acknowledged: if the worker is killed now, the reading is lost [MQTT-4.3.2-4]",
        wire: desk.frames(),
      });
    }
    await desk.sees(
      sent("puback"),
      () =>
        new Wrong({
          headline: "a message is stored and never acknowledged",
          expected: "→ PUBACK when the database is free again",
          got: "none came",
          why: "the broker holds back what comes behind it, and sends it again to the next process",
          wire: desk.frames(),
        }),
    );
  });

  check("BridgeWorker", "gets what came while it was away", async (desk) => {
    const { store } = await openDatabase(desk);
    const first = await workerOf(desk, store);
    await first.start();
    await subscribed(desk);
    await settles("BridgeWorker", () => first.stop());
    const device = await desk.helper("device");
    const values = [21, 22, 23];
    for (const value of values) {
      const payload = JSON.stringify(temperature(value));
      await publish(device, topicOf("window", "readings"), payload, `id-${value}`);
    }
    const second = await workerOf(desk, store);
    await second.start();
    const found = async () =>
      (await store.readingsBehind(0, "window", 10)).map(({ reading }) => reading.value);
    await until(
      store,
      async () => (await found()).join() === values.join(),
      async () =>
        new Wrong({
          headline: "what came while the worker was away is lost",
          expected: few(values),
          got: few(await found()),
          why: "a session that outlives the line keeps messages for it; who listens too late misses what comes right behind the CONNACK",
          wire: desk.frames().slice(-8),
        }),
    );
  });

  check("BridgeWorker", "goes on after an outage of the broker", async (desk) => {
    const { store } = await openDatabase(desk);
    desk.faults.refuseNextConnection();
    const worker = await workerOf(desk, store);
    await worker.start();
    await allAre(desk, store, await storeCommands(store, 1), "acknowledged");
    // The broker falls over a command, and is away for two attempts.
    desk.faults.arm({ do: "cut", when: "before" }, sent("publish"));
    desk.faults.refuseNextConnection();
    desk.faults.refuseNextConnection();
    await allAre(desk, store, await storeCommands(store, 3, "door"), "acknowledged");
  });

  check("BridgeWorker", "comes back after a broker has refused it", async (desk) => {
    const { store } = await openDatabase(desk);
    const broker = await playBroker(desk, {
      connect: (packet, line) => {
        if (broker.frames(sent("connect")).length > 1) return usual.connect(packet, line);
        line.send({ cmd: "connack", reasonCode: 136, sessionPresent: false });
        line.close();
      },
    });
    const worker = await workerOf(desk, store, broker.url);
    await worker.start();
    await broker.sees(
      () => broker.frames(sent("connect")).length > 1,
      () =>
        new Wrong({
          headline: "a worker that was refused once is gone for good",
          expected: "→ CONNECT again, after ← CONNACK 136, server unavailable",
          got: "none came",
          why: "a broker that is being started says no for a moment; the library takes that for the end, unless it is told otherwise",
          wire: broker.frames(),
        }),
    );
  });

  check("BridgeWorker", "publishes again what kill -9 left unfinished", async (desk) => {
    const { store, file } = await openDatabase(desk);
    const window = await desk.helper("window");
    const topic = topicOf("window", "commands");
    const came = new Inbox();
    window.on("message", (_topic, _payload, { properties }) =>
      came.take(topic, properties?.userProperties?.["message-id"]),
    );
    await within(window.subscribeAsync(topic, { qos: 1 }), () => brokerGone("no SUBACK"));
    const points = [sent("publish"), received("puback")];
    const commands: Command[] = [];
    for (const isPoint of points) {
      const worker = await start(desk, "worker", file);
      // The packet does not get through, and the process is dead in the same moment.
      const struck = desk.faults.arm({ do: "cut", when: "before" }, isPoint, () => worker.kill());
      commands.push(...(await storeCommands(store, 5)));
      await within(struck.met, () => noCommand(desk), PATIENCE);
      await worker.gone;
    }
    // The last one is in this process.
    await (await workerOf(desk, store)).start();
    await allAre(desk, store, commands, "acknowledged");
    await publish(window, topic, "", "marker");
    const isMarker = (id: unknown) => id === "marker";
    await came.matching(isMarker, () => brokerGone("it did not deliver the check's own message"));
    const ids = came.values.filter((id) => !isMarker(id));
    const known = new Set(ids);
    if (known.size === commands.length) {
      desk.figures = `${commands.length} commands through ${points.length} kills: 0 lost, ${ids.length - known.size} came again, all of them under their id`;
      return;
    }
    throw new Wrong({
      headline: "a command that comes again looks like another one",
      expected: `${commands.length} commands, however often each comes`,
      got: `${ids.length} messages with ${known.size} ids`,
      why: "a command has one id for ever: the device knows by it what it has done",
      wire: desk.frames(sent("publish")).slice(-5),
    });
  });

  check("BridgeWorker", "gets a reply that comes while it is dead", async (desk) => {
    const { store, file } = await openDatabase(desk);
    const first = await start(desk, "worker", file);
    const commands = await storeCommands(store, 1);
    await allAre(desk, store, commands, "acknowledged");
    const topic = topicOf("window", "replies");
    const struck = desk.faults.arm(
      { do: "cut", when: "before" },
      (frame) => received("publish")(frame) && publishOf(frame)?.topic === topic,
      () => first.kill(),
    );
    const device = await desk.helper("device");
    const correlationData = Buffer.from(commands[0]?.id ?? "");
    await publish(device, topic, "done", "id-1", { correlationData });
    await within(struck.met, () => noCommand(desk), PATIENCE);
    await first.gone;
    // The next one, in this process: what it knows it has from the database and the broker.
    await (await workerOf(desk, store)).start();
    await allAre(desk, store, commands, "replied");
  });

  check("BridgeWorker", "leaves when what it has begun is done", async (desk) => {
    const { store } = await openDatabase(desk);
    const worker = await workerOf(desk, store);
    const held = desk.faults.arm({ do: "hold" }, received("puback"));
    desk.atEnd(() => held.release());
    await worker.start();
    const commands = await storeCommands(store, 1);
    await within(held.met, () => noCommand(desk));
    const stopping = settles("BridgeWorker", () => worker.stop());
    stopping.catch(() => {});
    await roundTrip(desk);
    held.release();
    await stopping;
    const closed = () => desk.entries().some(({ kind }) => kind === "closed");
    const wrong = async () =>
      new Wrong({
        headline: "the worker does not leave as it should",
        expected: "← PUBACK, recorded, then → DISCONNECT, then the end of the line",
        got: `${order().join(", then ") || "nothing"}; the command is ${(await store.command(commands[0]?.id ?? ""))?.state}`,
        why: "who leaves too early does not know what became of his commands; who does not say goodbye looks like a line that broke",
        wire: desk.frames(),
      });
    const order = () =>
      desk
        .frames((frame) => received("puback")(frame) || sent("disconnect")(frame))
        .map(({ type, fate }) => (fate === "passed" ? type : `${type} ${fate}`));
    await desk.sees(closed, () => notLeft(desk));
    const isRight = order().join() === "puback,disconnect";
    const state = (await store.command(commands[0]?.id ?? ""))?.state;
    if (!isRight || state !== "acknowledged") throw await wrong();
  });

  check("BridgeWorker", "stops also where there is no line", async (desk) => {
    const { store } = await openDatabase(desk);
    const held = desk.faults.arm({ do: "hold" }, sent("connect"));
    desk.atEnd(() => held.release());
    const worker = await workerOf(desk, store);
    await worker.start();
    await storeCommands(store, 1);
    await within(held.met, () => noCommand(desk));
    await settles("BridgeWorker", () => worker.stop());
  });

  check("BridgeWorker", "stops also when the line breaks meanwhile", async (desk) => {
    const { store } = await openDatabase(desk);
    // The library waits for the answer before it says goodbye.
    const lost = desk.faults.arm({ do: "drop" }, received("suback"));
    const worker = await workerOf(desk, store);
    await worker.start();
    await within(lost.met, () => notSubscribed(desk));
    const stopping = settles("BridgeWorker", () => worker.stop());
    stopping.catch(() => {});
    desk.faults.arm({ do: "cut", when: "before" }, received("publish"));
    const device = await desk.helper("device");
    for (const what of ["status", "readings", "replies"] as const) {
      await publish(device, topicOf("window", what), "online", "id-1");
    }
    await stopping;
  });

  const workerOf = async (desk: Desk, store: Store, brokerUrl = desk.brokerUrl) => {
    const { BridgeWorker } = await answers();
    const name = desk.name("bridge");
    const worker = new BridgeWorker({ brokerUrl, name, store });
    return {
      start: () => settles("BridgeWorker", () => worker.start()),
      stop: () => worker.stop(),
    };
  };

  /** Resolves when the worker has been granted all that it asks for, in one SUBSCRIBE or in several. */
  const subscribed = async (desk: Desk) => {
    const asked = () => desk.frames(sent("subscribe")).length;
    let seen: number;
    do {
      seen = Math.max(1, asked());
      await desk.sees(
        () => desk.frames(received("suback")).length >= seen,
        () => notSubscribed(desk),
      );
      await roundTrip(desk);
    } while (asked() > seen);
  };

  const notSubscribed = (desk: Desk) =>
    new Wrong({
      headline: "there was no SUBSCRIBE",
      expected: "→ SUBSCRIBE",
      got: "none came",
      why: "the broker sends a client what it has subscribed to",
      wire: desk.frames(),
    });

  const allAre = (
    desk: Desk,
    store: Store,
    commands: readonly Command[],
    state: Command["state"],
  ) => {
    const states = () =>
      Promise.all(commands.map(async ({ id }) => (await store.command(id))?.state));
    return until(
      store,
      async () => (await states()).every((each) => each === state),
      async () =>
        new Wrong({
          headline: "commands are left behind",
          expected: `${commands.length} commands: ${state}`,
          got: few(await states()),
          why: "whatever happens to the line or the worker: what is in the store is published, and what comes back is recorded",
          wire: desk.frames().slice(-8),
        }),
      PATIENCE,
    );
  };

  const noCommand = (desk: Desk) =>
    new Wrong({
      headline: "a command that waits is not published",
      expected: "→ PUBLISH, and a reply to it",
      got: "none came",
      why: "the worker has a CommandSender, which publishes what waits in the store",
      wire: desk.frames(),
    });

  const notLeft = (desk: Desk) =>
    new Wrong({
      headline: "the worker is stopped, and its line stays open",
      expected: "→ DISCONNECT",
      got: "none came",
      why: "who stops it expects that nothing of it is left running",
      wire: desk.frames(),
    });
});
