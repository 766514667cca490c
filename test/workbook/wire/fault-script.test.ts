import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { UsageError } from "../../../workbook/usage-error.ts";
import {
  type FaultStep,
  faultGrammar,
  type PacketPattern,
  parseFaults,
  playFaults,
} from "../../../workbook/wire/fault-script.ts";
import { packetTypes } from "../../../workbook/wire/transcript.ts";
import { ack, connectPacket, of, openRig, publishPacket, type Rig } from "./rig.ts";

// Generous, for a machine that is busy with something else.
vi.setConfig({ testTimeout: 30_000 });

describe("reading", () => {
  test.each<[string, FaultStep]>([
    ["drop publish", { do: "drop", packet: { type: "publish" } }],
    [
      "drop puback from broker to sensor-1",
      { do: "drop", packet: { type: "puback", direction: "to-client", clientId: "sensor-1" } },
    ],
    [
      "cut after publish from sensor-1",
      {
        do: "cut",
        when: "after",
        packet: { type: "publish", direction: "to-broker", clientId: "sensor-1" },
      },
    ],
    ["cut before puback", { do: "cut", when: "before", packet: { type: "puback" } }],
    ["delay 500ms publish", { do: "delay", ms: 500, packet: { type: "publish" } }],
    ["delay 1.5s packet", { do: "delay", ms: 1500, packet: { type: "packet" } }],
    ["hold suback", { do: "hold", packet: { type: "suback" } }],
    [
      "hold suback until publish from broker",
      {
        do: "hold",
        packet: { type: "suback" },
        until: { type: "publish", direction: "to-client" },
      },
    ],
    ["freeze publish", { do: "freeze", packet: { type: "publish" } }],
    [
      "freeze publish until connect",
      { do: "freeze", packet: { type: "publish" }, until: { type: "connect" } },
    ],
    ["drop publish to broker", { do: "drop", packet: { type: "publish", direction: "to-broker" } }],
    [
      'DROP Publish From "broker"',
      { do: "drop", packet: { type: "publish", direction: "to-broker", clientId: "broker" } },
    ],
    [
      'drop publish to "my; client"',
      { do: "drop", packet: { type: "publish", direction: "to-client", clientId: "my; client" } },
    ],
    ["refuse next connection", { do: "refuse" }],
  ])("%s", (text, step) => {
    expect(parseFaults(text)).toEqual([step]);
  });

  test("several, in their order, and a semicolon at the end does no harm", () => {
    const steps = parseFaults("drop publish;refuse next connection ; hold suback;");
    expect(steps.map((step) => step.do)).toEqual(["drop", "refuse", "hold"]);
  });

  test("what it prints comes back as it was", () => {
    fc.assert(
      fc.property(
        fc.array(anyStep, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(" ", "\t", "  "),
        fc.boolean(),
        (steps, blank, shout) => {
          const text = steps.map((step) => write(step, shout).join(blank)).join(`${blank};`);
          expect(parseFaults(text)).toEqual(steps);
        },
      ),
    );
  });

  test("whatever is typed is read, or refused in one line that says what to type", () => {
    const words = fc.constantFrom(
      ..."drop delay hold freeze cut before after refuse next connection until from to broker".split(
        " ",
      ),
      ...'publish puback packet sensor-1 500ms 2s ; " "a b" "'.split(" "),
    );
    const typed = fc.oneof(
      fc.array(words, { maxLength: 12 }).map((list) => list.join(" ")),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(typed, (text) => {
        try {
          expect(parseFaults(text).length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
          const { message, next } = error as UsageError;
          expect(message).not.toMatch(/\p{C}/u);
          expect(message.length).toBeLessThan(300);
          expect(next).not.toMatch(/\p{C}/u);
          expect(next).not.toBe("");
        }
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ["", "expected a fault, got nothing"],
    ["drop", 'expected a packet type, got nothing in "drop"'],
    ["drop;", 'expected a packet type, got nothing in "drop"'],
    ["drop publish; ; drop puback", "expected a fault, got nothing"],
    ["lose publish", 'expected a fault, got "lose" in "lose publish"'],
    ["drop message", 'expected a packet type, got "message" in "drop message"'],
    ["cut publish", 'expected before or after, got "publish" in "cut publish"'],
    ["delay publish", 'expected a time, got "publish" in "delay publish"'],
    ["delay 5 publish", 'expected a time, got "5" in "delay 5 publish"'],
    ["delay 2000s drop", 'expected a packet type, got "drop" in "delay 2000s drop"'],
    ["delay 3601s drop", 'expected a time of at most an hour, got "3601s" in "delay 3601s drop"'],
    ["refuse connection", 'expected next connection, got "connection" in "refuse connection"'],
    ["drop publish from", 'expected broker or a client id, got nothing in "drop publish from"'],
    [
      "drop publish from a to b",
      '"drop publish from a to b" has two clients; one end is always the broker',
    ],
    [
      "drop publish from broker to broker",
      '"drop publish from broker to broker" has the broker at both ends; one end is a client',
    ],
    [
      "drop publish drop puback",
      'expected the end of the fault, got "drop" in "drop publish drop puback"',
    ],
    ['drop publish from "a', 'a quotation mark is not closed: drop publish from "a'],
  ])("refuses: %s", (text, message) => {
    expect(() => parseFaults(text)).toThrow(expect.objectContaining({ message }));
  });

  test("every fault that the help shows can be read", () => {
    const examples = faultGrammar
      .split("\n")
      .filter((line) => line.startsWith("  "))
      .map((line) => line.trim().split(/ {2,}/)[0] ?? "")
      .map((line) => line.replaceAll("PACKET", "puback from broker to sensor-1"));
    expect(examples).toHaveLength(9);
    for (const example of examples) expect(parseFaults(example)).toHaveLength(1);
  });
});

describe("playing", () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await openRig();
  });
  afterEach(() => rig.close());

  const packets = (...topics: string[]) =>
    Buffer.concat(topics.map((topic) => publishPacket(topic)));

  test("one after the other, though all packets come at once", async () => {
    const { client, broker } = await rig.line();
    const play = playFaults(rig, "drop publish; drop pubrel; drop publish");
    await client.send(
      Buffer.concat([packets("a", "b"), ack("pubrel"), packets("c", "d"), ack("pubrel", 2)]),
    );
    await play.played;
    expect(await broker.bytes(18)).toEqual(Buffer.concat([packets("b", "d"), ack("pubrel", 2)]));
    expect(play.struck).toBe(3);
  });

  test("only on the packets that it names", async () => {
    const { client, broker } = await rig.line();
    playFaults(rig, "drop publish from sensor-1; drop publish to sensor-1");
    await client.send(
      Buffer.concat([packets("early"), connectPacket("sensor-1"), packets("a", "b")]),
    );
    await rig.transcript.seen(of("publish", "b"));
    await broker.send(packets("c", "d"));
    expect(await client.bytes(7)).toEqual(packets("d"));
    expect(rig.transcript.frames((frame) => frame.fate === "dropped")).toHaveLength(2);
    const arrives = Buffer.concat([packets("early"), connectPacket("sensor-1"), packets("b")]);
    expect(await broker.bytes(arrives.length)).toEqual(arrives);
  });

  test("a refused connection is a step like others", async () => {
    const play = playFaults(rig, "cut after publish; refuse next connection; drop publish");
    const first = await rig.line();
    await first.client.send(packets("a"));
    await first.client.ended();
    expect(await first.broker.bytes(7)).toEqual(packets("a"));
    await (await rig.client()).ended();
    expect(rig.accepted()).toBe(1);
    expect(play.struck).toBe(2);
    const second = await rig.line();
    await second.client.send(packets("b", "c"));
    expect(await second.broker.bytes(7)).toEqual(packets("c"));
    await play.played;
  });

  test("hold until: another packet lets it go, not the held one itself", async () => {
    const { client, broker } = await rig.line();
    playFaults(rig, "hold publish until publish");
    await client.send(packets("a"));
    await rig.transcript.seen((entry) => entry.kind === "frame" && entry.fate === "held");
    await client.send(packets("b"));
    expect(await broker.bytes(14)).toEqual(packets("a", "b"));
  });

  test("hold until: also one in the other direction", async () => {
    const { client, broker } = await rig.line();
    playFaults(rig, "hold puback from broker until pubrel from sensor-1");
    await client.send(connectPacket("sensor-1"));
    await broker.bytes(1);
    await broker.send(ack("puback"));
    await rig.transcript.seen(of("puback"));
    expect(client.received).toHaveLength(0);
    await client.send(ack("pubrel"));
    expect(await client.bytes(4)).toEqual(ack("puback"));
  });

  test("hold: waits for release, which lets all go that is held", async () => {
    const { client, broker } = await rig.line();
    const play = playFaults(rig, "hold publish; hold puback");
    await client.send(packets("a"));
    await rig.transcript.seen(of("publish"));
    await broker.send(ack("puback"));
    await play.played;
    play.release();
    expect(await broker.bytes(7)).toEqual(packets("a"));
    expect(await client.bytes(4)).toEqual(ack("puback"));
  });

  test("freeze until: another line's packet lets it go", async () => {
    const { client, broker } = await rig.line();
    playFaults(rig, "freeze publish until connect");
    await client.send(packets("a"));
    await rig.transcript.seen(of("publish"));
    const other = await rig.line();
    await other.client.send(connectPacket("other"));
    expect(await broker.bytes(7)).toEqual(packets("a"));
  });

  test("freeze: waits for release", async () => {
    const { client, broker } = await rig.line();
    const play = playFaults(rig, "freeze publish");
    await client.send(packets("a"));
    await play.played;
    play.release();
    expect(await broker.bytes(7)).toEqual(packets("a"));
  });

  test("a script that cannot be read arms nothing", () => {
    expect(() => playFaults(rig, "drop publish; nonsense")).toThrow(UsageError);
    expect(rig.faults.waiting).toBe(false);
  });
});

const anyPattern: fc.Arbitrary<PacketPattern> = fc
  .tuple(
    fc.constantFrom("packet" as const, ...packetTypes.filter((type) => type !== undefined)),
    fc.option(fc.constantFrom("to-broker" as const, "to-client" as const), { nil: undefined }),
    fc.option(
      fc.oneof(fc.constantFrom("broker", "from", "until", ";"), fc.string({ minLength: 1 })),
      { nil: undefined },
    ),
  )
  .map(([type, direction, clientId]) => ({
    type,
    ...(direction && { direction }),
    ...(direction && clientId && { clientId: clientId.replaceAll('"', "'") }),
  }));

const anyStep: fc.Arbitrary<FaultStep> = fc.oneof(
  fc.constant<FaultStep>({ do: "refuse" }),
  fc.record({ do: fc.constant("drop" as const), packet: anyPattern }),
  fc.record({
    do: fc.constant("delay" as const),
    ms: fc.integer({ min: 0, max: 3_600_000 }),
    packet: anyPattern,
  }),
  fc.record({ do: fc.constant("hold" as const), packet: anyPattern }),
  fc.record({ do: fc.constant("hold" as const), packet: anyPattern, until: anyPattern }),
  fc.record({ do: fc.constant("freeze" as const), packet: anyPattern }),
  fc.record({ do: fc.constant("freeze" as const), packet: anyPattern, until: anyPattern }),
  fc.record({
    do: fc.constant("cut" as const),
    when: fc.constantFrom("before" as const, "after" as const),
    packet: anyPattern,
  }),
);

/** The words of a fault, as a person might type them. */
function write(step: FaultStep, shout: boolean): string[] {
  const say = (word: string) => (shout ? word.toUpperCase() : word);
  const pattern = ({ type, direction, clientId }: PacketPattern): string[] => {
    if (direction === undefined) return [say(type)];
    const client = clientId === undefined ? [] : [`"${clientId}"`];
    if (direction === "to-broker") {
      return client.length > 0
        ? [say(type), say("to"), "broker", say("from"), ...client]
        : [say(type), say("to"), say("broker")];
    }
    return client.length > 0
      ? [say(type), say("to"), ...client]
      : [say(type), say("from"), say("broker")];
  };
  if (step.do === "refuse") return ["refuse", "next", "connection"].map(say);
  const packet = pattern(step.packet);
  switch (step.do) {
    case "drop":
      return [say("drop"), ...packet];
    case "delay":
      return [say("delay"), say(`${step.ms}ms`), ...packet];
    case "hold":
    case "freeze":
      return [
        say(step.do),
        ...packet,
        ...(step.until ? [say("until"), ...pattern(step.until)] : []),
      ];
    case "cut":
      return [say("cut"), say(step.when), ...packet];
  }
}
