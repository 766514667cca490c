import type { MqttClient } from "mqtt";
import type { Command, Store } from "../../../workbook/bridge/store.ts";
import { topicOf } from "../../../workbook/bridge/topics.ts";
import { check, describe } from "../../../workbook/checks/harness/check.ts";
import { settles, within } from "../../../workbook/checks/harness/deadline.ts";
import { brokerGone, type Desk, received, sent } from "../../../workbook/checks/harness/desk.ts";
import { roundTrip } from "../../../workbook/checks/harness/held.ts";
import { playBroker, usual } from "../../../workbook/checks/harness/scripted-broker.ts";
import { Wrong } from "../../../workbook/checks/harness/wrong.ts";
import { answers, few, openDatabase, publishOf, storeCommands, storeWith, until } from "./lab.ts";

describe("CommandSender", () => {
  check("CommandSender", "publishes a command with all that its reply needs", async (desk) => {
    const { store } = await openDatabase(desk);
    const commands = await storeCommands(store, 3);
    await senderOf(desk, await desk.client("worker"), store);
    await allAre(desk, store, commands, "acknowledged");
    const lines = desk.frames(sent("publish")).map((frame) => {
      const { qos, retain, topic, payload, properties } = publishOf(frame) ?? {};
      const { responseTopic, correlationData, userProperties } = properties ?? {};
      return `q${qos}${retain ? " retained" : ""} ${topic} ${payload}, reply to ${responseTopic} with ${correlationData}, message-id ${userProperties?.["message-id"]}`;
    });
    const expected = commands.map(
      ({ id, deviceId, text }) =>
        `q1 ${topicOf(deviceId, "commands")} ${text}, reply to ${topicOf(deviceId, "replies")} with ${id}, message-id ${id}`,
    );
    if (lines.join() === expected.join()) return;
    const index = expected.findIndex((line, place) => line !== lines[place]);
    throw new Wrong({
      headline: "what is published is not what was asked for",
      expected: expected[index] ?? `${expected.length} messages and no more`,
      got: lines[index] ?? (index === -1 ? `${lines.length} messages` : "nothing"),
      why: "the device replies on the Response Topic with the Correlation Data, and knows the command by its id when it comes again",
      wire: desk.frames(sent("publish")).slice(0, 3),
    });
  });

  check("CommandSender", "records the acknowledgement when it comes", async (desk) => {
    const { store } = await openDatabase(desk);
    const client = await desk.client("worker");
    const held = desk.faults.arm({ do: "hold" }, received("puback"));
    desk.atEnd(() => held.release());
    await senderOf(desk, client, store);
    const commands = await storeCommands(store, 1);
    await within(held.met, () => noPublish(desk));
    await roundTrip(desk);
    const [early] = await statesOf(store, commands);
    held.release();
    if (early !== "stored") {
      throw new Wrong({
        headline: "a command counts as acknowledged, and no PUBACK has come",
        expected: "stored, until ← PUBACK has come",
        got: `${early}, while the PUBACK was still on its way`,
        why: "if the line breaks now, or the worker is killed, nobody publishes it again [MQTT-4.3.2-3]",
        wire: desk.frames(),
      });
    }
    await allAre(desk, store, commands, "acknowledged");
  });

  check("CommandSender", "claims no more than the broker takes", async (desk) => {
    const [maximum, count] = [5, 20];
    const { store, again } = await openDatabase(desk);
    const commands = await storeCommands(store, count);
    const waiting: (() => void)[] = [];
    let isSlow = true;
    const broker = await playBroker(desk, {
      connect: (_packet, line) =>
        line.send({
          cmd: "connack",
          reasonCode: 0,
          sessionPresent: false,
          properties: { receiveMaximum: maximum },
        }),
      publish: (packet, line) => {
        const acknowledge = () => usual.publish(packet, line);
        if (isSlow) waiting.push(acknowledge);
        else acknowledge();
      },
    });
    await senderOf(desk, await broker.client("worker"), store);
    await broker.sees(
      () => broker.frames(sent("publish")).length >= maximum,
      () => noPublish(desk),
    );
    const other = await again();
    const left = (await other.claimCommands("other", count)).length;
    if (left !== count - maximum) {
      throw new Wrong({
        headline: "more is claimed than can be published",
        expected: `${maximum} of ${count} commands, the CONNACK's Receive Maximum; ${count - maximum} for other workers`,
        got: `${left} were left`,
        why: "the library publishes as many as it is given, and a broker may end the line for that, with reason 147 [MQTT-3.3.4-7]",
        wire: broker.frames().slice(0, 8),
      });
    }
    isSlow = false;
    for (const acknowledge of waiting) acknowledge();
    await other.releaseClaims("other");
    await allAre(desk, store, commands, "acknowledged");
  });

  check("CommandSender", "records why the broker refuses a command", async (desk) => {
    const { store } = await openDatabase(desk);
    const commands = await storeCommands(store, 3);
    const [first, bad, last] = commands as [Command, Command, Command];
    const broker = await playBroker(desk, {
      publish: (packet, line) => {
        if (String(packet.payload) !== bad.text) return usual.publish(packet, line);
        line.send({ cmd: "puback", messageId: packet.messageId ?? 0, reasonCode: 135 });
      },
    });
    await senderOf(desk, await broker.client("worker"), store);
    await allAre(desk, store, [first, last], "acknowledged");
    const isDone = async () => (await store.command(bad.id))?.state !== "stored";
    const wrong = async () => {
      const { state, reason } = (await store.command(bad.id)) ?? {};
      return new Wrong({
        headline: "the broker refuses a command, and the store does not say so",
        expected: "refused, with a reason",
        got: `${state}, ${reason ? `because ${reason}` : "without a reason"}`,
        why: "PUBACK 135 means that this worker may not publish there: whoever asks for the command has to read it",
        wire: broker.frames(),
      });
    };
    await until(store, isDone, wrong);
    const { state, reason } = (await store.command(bad.id)) ?? {};
    if (state !== "refused" || !reason) throw await wrong();
  });

  check("CommandSender", "leaves alone what another worker has claimed", async (desk) => {
    const { store, again } = await openDatabase(desk);
    const first = await desk.client("first");
    const held = desk.faults.arm({ do: "hold" }, received("puback"));
    desk.atEnd(() => held.release());
    await senderOf(desk, first, store, "first");
    const commands = await storeCommands(store, 10);
    await within(held.met, () => noPublish(desk));
    await desk.sees(
      () => desk.frames(sent("publish")).length >= commands.length,
      () => noPublish(desk),
    );
    await senderOf(desk, await desk.client("second"), await again(), "second");
    const more = await storeCommands(store, 10, "door");
    await desk.sees(
      () => desk.frames(sent("publish")).some((frame) => topicIs(frame, "door", more.at(-1))),
      () => noPublish(desk),
    );
    held.release();
    await allAre(desk, store, [...commands, ...more], "acknowledged");
    const ids = desk.frames(sent("publish")).map((frame) => idOf(frame));
    if (new Set(ids).size === ids.length) return;
    throw new Wrong({
      headline: "two workers publish one command",
      expected: `${commands.length + more.length} commands, each published once`,
      got: `${ids.length} PUBLISHes of ${new Set(ids).size} commands`,
      why: "what one has claimed, no other gets, unless somebody gives the claim back",
      wire: desk.frames(sent("publish")).slice(-4),
    });
  });

  check("CommandSender", "claims nothing while there is no line", async (desk) => {
    const { store, again } = await openDatabase(desk);
    const client = await desk.client("worker", { reconnectPeriod: 20 });
    client.on("error", () => {});
    await senderOf(desk, client, store);
    const back = desk.faults.arm({ do: "hold" }, sent("connect"));
    desk.atEnd(() => back.release());
    client.stream.destroy();
    await within(back.met, () => brokerGone("the line did not break"));
    const commands = await storeCommands(store, 5);
    await roundTrip(desk);
    const other = await again();
    const left = (await other.claimCommands("other", 100)).length;
    await other.releaseClaims("other");
    back.release();
    await allAre(desk, store, commands, "acknowledged");
    if (left === commands.length) return;
    throw new Wrong({
      headline: "a worker without a line claims commands",
      expected: "5 commands left for a worker that has one",
      got: `${left}`,
      why: "what you publish without a line waits in the library, for who knows how long, and no other worker may help",
    });
  });

  check(
    "CommandSender",
    "drains: finishes what is on its way, and begins nothing",
    async (desk) => {
      const { store, again } = await openDatabase(desk);
      const held = desk.faults.arm({ do: "hold" }, received("puback"));
      desk.atEnd(() => held.release());
      const sender = await senderOf(desk, await desk.client("worker"), store);
      const commands = await storeCommands(store, 1);
      await within(held.met, () => noPublish(desk));
      let isDrained = false;
      const drained = sender.drain().then(() => {
        isDrained = true;
      });
      drained.catch(() => {});
      const late = await storeCommands(store, 3, "door");
      await roundTrip(desk);
      const early = isDrained;
      held.release();
      await settles("CommandSender", () => drained);
      const [state] = await statesOf(store, commands);
      const left = (await (await again()).claimCommands("other", 100)).length;
      if (!early && state === "acknowledged" && left === late.length) return;
      throw new Wrong({
        headline: "drain does not do what it should",
        expected:
          "it resolves when the one on its way is acknowledged and recorded; 3 later ones are left",
        got: `${early ? "it resolved before the PUBACK" : `the one is ${state}`}; ${left} are left`,
        why: "who leaves too early leaves a claim behind that blocks the command for a minute",
        wire: desk.frames(),
      });
    },
  );

  check("CommandSender", "drains: waits for the store, also without a line", async (desk) => {
    const { store } = await openDatabase(desk);
    const steps = {
      "the commands are being claimed": (begin: () => Promise<void>): Partial<Store> => ({
        claimCommands: async (worker, limit) => {
          await begin();
          return store.claimCommands(worker, limit);
        },
      }),
      "an acknowledgement is being recorded": (begin: () => Promise<void>): Partial<Store> => ({
        commandAcknowledged: async (id) => {
          await begin();
          return store.commandAcknowledged(id);
        },
      }),
    };
    for (const [step, slowIn] of Object.entries(steps)) {
      const client = await desk.client("worker");
      const commands = await storeCommands(store, 1);
      let begin = () => {};
      let goOn = () => {};
      const begun = new Promise<void>((resolve) => {
        begin = resolve;
      });
      const over = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      const slow = slowIn(() => {
        begin();
        return over;
      });
      const sender = await senderOf(desk, client, storeWith(store, slow));
      await within(begun, () => noPublish(desk));
      await breakLine(client);
      let isDrained = false;
      const drained = sender.drain().then(() => {
        isDrained = true;
      });
      drained.catch(() => {});
      await roundTrip(desk);
      const early = isDrained;
      goOn();
      await settles("CommandSender", () => drained);
      await store.releaseClaims("worker");
      for (const { id } of commands) await store.commandAcknowledged(id);
      if (!early) continue;
      throw new Wrong({
        headline: "drain resolves while the store is at work",
        expected: `it waits as long as ${step}`,
        got: "it resolved before",
        why: "whoever drains closes the store next: what is written then is lost, and what is claimed then waits for a minute",
      });
    }
  });

  check("CommandSender", "does not take a line that breaks for a refusal", async (desk) => {
    const { store } = await openDatabase(desk);
    const commands = await storeCommands(store, 3);
    const broker = await playBroker(desk, { publish: () => {} });
    const client = await broker.client("worker");
    const sender = await senderOf(desk, client, store);
    await broker.sees(
      () => broker.frames(sent("publish")).length === commands.length,
      () => noPublish(desk),
    );
    const drained = sender.drain();
    drained.catch(() => {});
    await breakLine(client);
    await settles("CommandSender", () => drained);
    await client.endAsync(true);
    await roundTrip(desk);
    const states = await statesOf(store, commands);
    if (states.every((state) => state === "stored")) return;
    throw new Wrong({
      headline: "a command that got no answer is recorded as refused",
      expected:
        "stored, all three: they are published again, on the next line or by the next process",
      got: few(states),
      why: "the library gives an error of its own to what it could not finish; only a reason code from 128 is the broker's no",
      wire: broker.frames(sent("publish")),
    });
  });

  const breakLine = async (client: MqttClient) => {
    const closed = new Promise<void>((resolve) => client.once("close", resolve));
    client.stream.destroy();
    await within(closed, () => brokerGone("the line did not break"));
  };

  const senderOf = async (desk: Desk, client: MqttClient, store: Store, worker = "worker") => {
    const { CommandSender } = await answers();
    const sender = new CommandSender(client, store, worker);
    desk.endLater(client);
    return sender;
  };

  const statesOf = (store: Store, commands: readonly Command[]) =>
    Promise.all(commands.map(async ({ id }) => (await store.command(id))?.state ?? "gone"));

  const allAre = (
    desk: Desk,
    store: Store,
    commands: readonly Command[],
    state: Command["state"],
  ) =>
    until(
      store,
      async () => (await statesOf(store, commands)).every((each) => each === state),
      async () =>
        new Wrong({
          headline: "commands are left behind",
          expected: `${commands.length} commands: ${state}`,
          got: few(await statesOf(store, commands)),
          why: "a change in the store, a new line and each PUBACK are reasons to look what waits, and each PUBACK is recorded",
          wire: desk.frames().slice(-6),
        }),
    );

  const topicIs = (frame: Frame, deviceId: string, command: Command | undefined) =>
    publishOf(frame)?.topic === topicOf(deviceId, "commands") && idOf(frame) === command?.id;

  const idOf = (frame: Frame) => publishOf(frame)?.properties?.correlationData?.toString();
  type Frame = ReturnType<Desk["frames"]>[number];

  const noPublish = (desk: Desk) =>
    new Wrong({
      headline: "a command that waits is not published",
      expected: "→ PUBLISH",
      got: "none came",
      why: "a change in the store is the reason to look what waits",
      wire: desk.frames(),
    });
});
