import fc from "fast-check";
import { generate, type Packet, parser } from "mqtt-packet";
import { describe, expect, test, vi } from "vitest";
import { explainFrame, explainPacket } from "../../../workbook/wire/anatomy.ts";
import { toJsonLine } from "../../../workbook/wire/packet-json.ts";
import type { Part } from "../../../workbook/wire/part.ts";
import { properties } from "../../../workbook/wire/properties.ts";
import { Connection, type Direction, Frame } from "../../../workbook/wire/transcript.ts";
import { connectPacket, encode } from "./rig.ts";

// Generous, for a machine that is busy with something else.
vi.setConfig({ testTimeout: 30_000 });

type Version = 3 | 4 | 5;

const explain = (bytes: Buffer, protocolVersion: Version) =>
  explainPacket(bytes, protocolVersion, "to-broker");

/** Every byte is in one part, in order: no gap, no overlap, nothing beyond the end. */
function expectCover(parts: readonly Part[], bytes: Buffer): void {
  let at = 0;
  const wrong = parts.filter(({ offset, length }) => {
    const follows = offset === at && length > 0;
    at += length;
    return !follows;
  });
  expect(wrong).toEqual([]);
  expect(at).toBe(bytes.length);
}

const undecodable = (parts: readonly Part[]) => parts.filter(({ name }) => name === "undecodable");
const values = (parts: readonly Part[]) => parts.map(({ name, value }) => `${name}: ${value}`);
const valueNamed = (parts: readonly Part[], name: string) =>
  parts.find((part) => part.name === name)?.value;

const word = fc.string({ maxLength: 40, unit: "grapheme" });
const name = fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" });
const data = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));
const id = fc.integer({ min: 1, max: 0xffff });
const two = fc.integer({ min: 0, max: 0xffff });
const four = fc.integer({ min: 0, max: 0xffffffff });
const qos = fc.constantFrom(0 as const, 1 as const, 2 as const);
const users = fc.dictionary(
  name.filter((text) => text !== "__proto__"),
  fc.oneof(word, fc.array(word, { minLength: 1, maxLength: 3 })),
  { minKeys: 1, maxKeys: 3 },
);
/** Each property may be there or not. mqtt-packet cannot write an empty list of user properties. */
const some = (model: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record(model, { requiredKeys: [] });
const reasonProperties = some({ reasonString: word, userProperties: users });

const willProperties = some({
  willDelayInterval: four,
  payloadFormatIndicator: fc.boolean(),
  messageExpiryInterval: four,
  contentType: word,
  responseTopic: word,
  correlationData: data,
  userProperties: users,
});

const will = fc.record(
  {
    topic: name,
    payload: data,
    qos,
    retain: fc.boolean(),
    properties: willProperties,
  },
  { requiredKeys: ["topic", "payload"] },
);

const connectProperties = some({
  sessionExpiryInterval: four,
  receiveMaximum: two,
  maximumPacketSize: four,
  topicAliasMaximum: two,
  requestResponseInformation: fc.boolean(),
  requestProblemInformation: fc.boolean(),
  userProperties: users,
  authenticationMethod: word,
  authenticationData: data,
});

const acknowledgement = (reasonCodes: readonly number[]) => ({
  messageId: id,
  reasonCode: fc.constantFrom(...reasonCodes),
  properties: fc.option(reasonProperties, { nil: undefined }),
});

/** Every packet type with every property that mqtt-packet can write. */
const anyPacket = (protocolVersion: Version): fc.Arbitrary<Packet> =>
  fc.oneof(
    fc
      .record({
        clientId: name,
        clean: fc.boolean(),
        keepalive: two,
        will: fc.option(will, { nil: undefined }),
        username: fc.option(word, { nil: undefined }),
        password: fc.option(data, { nil: undefined }),
        properties: connectProperties,
        bridgeMode: protocolVersion === 5 ? fc.constant(false) : fc.boolean(),
      })
      .map((packet) => ({
        cmd: "connect" as const,
        protocolVersion,
        protocolId: protocolVersion === 3 ? ("MQIsdp" as const) : ("MQTT" as const),
        ...packet,
        // MQTT 3.1.1 has no password without a user name, and mqtt-packet writes none in MQTT 5.
        ...(packet.username === undefined && { password: undefined }),
      })),
    fc.record({
      cmd: fc.constant("connack" as const),
      sessionPresent: fc.boolean(),
      returnCode: fc.integer({ min: 0, max: 5 }),
      reasonCode: fc.constantFrom(0, 128, 132, 135, 159),
      properties: some({
        sessionExpiryInterval: four,
        receiveMaximum: two,
        maximumQoS: fc.constantFrom(0, 1),
        retainAvailable: fc.boolean(),
        maximumPacketSize: four,
        assignedClientIdentifier: word,
        topicAliasMaximum: two,
        reasonString: word,
        userProperties: users,
        wildcardSubscriptionAvailable: fc.boolean(),
        subscriptionIdentifiersAvailable: fc.boolean(),
        sharedSubscriptionAvailable: fc.boolean(),
        serverKeepAlive: two,
        responseInformation: word,
        serverReference: word,
        authenticationMethod: word,
        authenticationData: data,
      }),
    }),
    fc.record({
      cmd: fc.constant("publish" as const),
      topic: word,
      payload: data,
      qos,
      dup: fc.boolean(),
      retain: fc.boolean(),
      messageId: id,
      properties: some({
        payloadFormatIndicator: fc.boolean(),
        messageExpiryInterval: four,
        topicAlias: two,
        responseTopic: word,
        correlationData: data,
        userProperties: users,
        subscriptionIdentifier: fc.oneof(
          fc.integer({ min: 1, max: 0xfffffff }),
          fc.array(fc.integer({ min: 1, max: 0xfffffff }), { minLength: 1, maxLength: 3 }),
        ),
        contentType: word,
      }),
    }),
    fc.record({
      cmd: fc.constantFrom("puback" as const, "pubrec" as const),
      ...acknowledgement([0, 16, 128, 131, 135, 144, 145, 151, 153]),
    }),
    fc.record({
      cmd: fc.constantFrom("pubrel" as const, "pubcomp" as const),
      ...acknowledgement([0, 146]),
    }),
    fc.record({
      cmd: fc.constant("subscribe" as const),
      messageId: id,
      subscriptions: fc.array(
        fc.record({
          topic: name,
          qos,
          nl: fc.boolean(),
          rap: fc.boolean(),
          rh: fc.constantFrom(0, 1, 2),
        }),
        { minLength: 1, maxLength: 4 },
      ),
      properties: some({
        subscriptionIdentifier: fc.integer({ min: 1, max: 0xfffffff }),
        userProperties: users,
      }),
    }),
    fc.record({
      cmd: fc.constant("suback" as const),
      messageId: id,
      granted: fc.array(fc.constantFrom(0, 1, 2, 128), { minLength: 1, maxLength: 4 }),
      properties: reasonProperties,
    }),
    fc.record({
      cmd: fc.constant("unsubscribe" as const),
      messageId: id,
      unsubscriptions: fc.array(name, { minLength: 1, maxLength: 4 }),
      properties: some({ userProperties: users }),
    }),
    fc.record({
      cmd: fc.constant("unsuback" as const),
      messageId: id,
      granted: fc.array(fc.constantFrom(0, 17, 128), { minLength: 1, maxLength: 4 }),
      properties: reasonProperties,
    }),
    fc.constantFrom({ cmd: "pingreq" as const }, { cmd: "pingresp" as const }),
    fc.record({
      cmd: fc.constant("disconnect" as const),
      reasonCode: fc.constantFrom(0, 4, 129, 142, 162),
      properties: some({
        sessionExpiryInterval: four,
        reasonString: word,
        userProperties: users,
        serverReference: word,
      }),
    }),
    ...(protocolVersion === 5
      ? [
          fc.record({
            cmd: fc.constant("auth" as const),
            reasonCode: fc.constantFrom(0, 24, 25),
            properties: some({
              authenticationMethod: word,
              authenticationData: data,
              reasonString: word,
              userProperties: users,
            }),
          }),
        ]
      : []),
  ) as fc.Arbitrary<Packet>;

describe.each([3, 4, 5] as const)("protocol version %i", (protocolVersion) => {
  test("every packet is explained byte by byte, each byte once", () => {
    fc.assert(
      fc.property(anyPacket(protocolVersion), (packet) => {
        const bytes = generate(packet, { protocolVersion });
        // It writes nothing of a packet that it cannot write.
        expect(bytes.length).toBeGreaterThan(1);
        const parts = explain(bytes, protocolVersion);
        expectCover(parts, bytes);
        expect(undecodable(parts)).toEqual([]);
        const explained = parts.filter(
          ({ section = "", meaning }) => /^[23](\.\d+)+$/.test(section) && /\S/.test(meaning),
        );
        expect(explained).toEqual(parts);
      }),
      { numRuns: 1000 },
    );
  });

  test("each packet that is cut short says where it stops making sense, or what is missing", () => {
    const cut = anyPacket(protocolVersion).chain((packet) => {
      const whole = generate(packet, { protocolVersion });
      return fc.record({
        whole: fc.constant(whole),
        length: fc.integer({ min: 1, max: whole.length - 1 }),
      });
    });
    fc.assert(
      fc.property(cut, ({ whole, length }) => {
        const bytes = whole.subarray(0, length);
        const parts = explain(bytes, protocolVersion);
        expectCover(parts, bytes);
        const said = parts.map(({ meaning }) => meaning).join(" ");
        expect(said).toMatch(/of them are here|Here it ends|left\./);
      }),
    );
  });

  test("garbage is covered too, and whatever is undecodable comes last", () => {
    const garbage = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(garbage, (bytes) => {
        const parts = explain(bytes, protocolVersion);
        expectCover(parts, bytes);
        for (const part of undecodable(parts)) expect(part).toBe(parts.at(-1));
      }),
      { numRuns: 2000 },
    );
  });

  // A packet with one byte changed is close to right, where pure noise fails at once.
  test("a packet with a wrong byte is covered, and what is undecodable comes last", () => {
    const damaged = anyPacket(protocolVersion).chain((packet) => {
      const bytes = generate(packet, { protocolVersion });
      return fc
        .tuple(fc.integer({ min: 0, max: bytes.length - 1 }), fc.integer({ min: 0, max: 255 }))
        .map(([at, byte]) => {
          const changed = Buffer.from(bytes);
          changed[at] = byte;
          return changed;
        });
    });
    fc.assert(
      fc.property(damaged, (bytes) => {
        const parts = explain(bytes, protocolVersion);
        expectCover(parts, bytes);
        for (const part of undecodable(parts)) expect(part).toBe(parts.at(-1));
      }),
      { numRuns: 1000 },
    );
  });
});

/** What mqtt-packet reads in these bytes. */
function parse(bytes: Buffer, protocolVersion: Version): Packet {
  let packet: Packet | undefined;
  parser({ protocolVersion })
    .on("packet", (parsed) => {
      packet = parsed;
    })
    .parse(bytes);
  if (packet === undefined) throw new Error("no packet");
  return packet;
}

test("the values are those that mqtt-packet reads", () => {
  fc.assert(
    fc.property(anyPacket(5), (packet) => {
      const bytes = generate(packet, { protocolVersion: 5 });
      const parts = explain(bytes, 5);
      const parsed = parse(bytes, 5);
      const read = (name: string) => valueNamed(parts, name);
      if (parsed.cmd === "publish") {
        const text = /^[ -~]+$/;
        if (text.test(parsed.topic)) expect(read("Topic Name")).toBe(parsed.topic);
        if (parsed.qos > 0) expect(read("Packet Identifier")).toBe(String(parsed.messageId));
        const payload = parsed.payload.toString();
        if (text.test(payload)) expect(read("Payload")).toBe(payload);
        const expiry = parsed.properties?.messageExpiryInterval;
        expect(read("Message Expiry Interval")).toBe(expiry === undefined ? expiry : `${expiry} s`);
      }
      if (parsed.cmd === "connect") {
        expect(read("Keep Alive")).toBe(`${parsed.keepalive} s`);
        expect(read("Protocol Version")).toBe("5: MQTT 5");
      }
      if ("reasonCode" in parsed && parsed.reasonCode && parsed.cmd !== "suback")
        expect(read("Reason Code")).toMatch(new RegExp(`^${parsed.reasonCode} `));
    }),
  );
});

describe("a packet in the words of a learner", () => {
  test("PUBLISH with QoS 2", () => {
    const bytes = encode({
      cmd: "publish",
      topic: "a/b",
      payload: "21.5",
      qos: 2,
      dup: false,
      retain: true,
      messageId: 7,
      properties: { userProperties: { via: "cellar" } },
    });
    const parts = explain(bytes, 5);
    expect(values(parts)).toEqual([
      "Packet type and flags: 0011 0101",
      "Remaining Length: 26",
      "Topic Name: length: 3",
      "Topic Name: a/b",
      "Packet Identifier: 7",
      "Property Length: 14",
      "Property Identifier: 38: User Property",
      "User Property: name: length: 3",
      "User Property: name: via",
      "User Property: value: length: 6",
      "User Property: value: cellar",
      "Payload: 21.5",
    ]);
    expect(parts[0]?.bits?.map(({ name, value }) => `${name} ${value}`)).toEqual([
      "packet type 3",
      "DUP 0",
      "QoS 2",
      "RETAIN 1",
    ]);
  });

  test("RETAIN says one thing to the broker, and another from it", () => {
    const says = (flags: number, direction: Direction) =>
      explainPacket(Buffer.from([0x30 + flags, 3, 0, 1, 97]), 4, direction)[0]?.bits?.at(-1)
        ?.meaning;
    expect(says(1, "to-broker")).toBe("the broker shall keep it");
    expect(says(0, "to-broker")).toBe("the broker shall not keep it");
    expect(says(1, "to-client")).toBe("the broker had kept it");
    expect(says(0, "to-client")).toBe("it is new");
  });

  test("the flags of a CONNECT are explained bit by bit", () => {
    const will = { topic: "t", payload: Buffer.from("gone"), qos: 1, retain: true };
    const parts = explain(connectPacket("lamp", 5, { will }), 5);
    const flags = parts.find(({ name }) => name === "Connect Flags");
    expect(flags?.value).toBe("00101110");
    expect(flags?.bits?.map(({ name, value }) => `${name} ${value}`)).toEqual([
      "User Name 0",
      "Password 0",
      "Will Retain 1",
      "Will QoS 1",
      "Will Flag 1",
      "Clean Start 1",
      "reserved 0",
    ]);
  });

  test("an empty retained message says what it removes", () => {
    const bytes = encode({
      cmd: "publish",
      topic: "t",
      payload: "",
      qos: 0,
      dup: false,
      retain: true,
    });
    expect(explain(bytes, 5).at(-1)?.meaning).toMatch("removes what the broker has kept");
  });

  test.each([
    [Buffer.from([0x36, 0]), 0, "QoS 3 does not exist."],
    [Buffer.from([0x00, 0]), 0, "a packet of type 0 does not exist."],
    [Buffer.from([0x60, 2, 0, 1]), 0, "the flags of a PUBREL cannot be 0000."],
    [Buffer.from([0xc0, 1, 9]), 2, "nothing more belongs in a PINGREQ."],
    [Buffer.from([0xd0, 0, 9]), 2, "the packet is over before."],
    [Buffer.from([0x30, 3, 0, 9, 1]), 4, "Topic Name needs 9 bytes, and only 1 is left."],
    [Buffer.from([0x30, 3, 0, 1, 0xff]), 4, "Topic Name is no valid UTF-8."],
    [Buffer.from([0x30, 5, 0, 0, 2, 4, 1]), 5, "no property has the number 4."],
    [
      Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff]),
      1,
      "Remaining Length goes on after four bytes, and may not.",
    ],
    [Buffer.from([0x20, 2, 2, 0]), 2, "Connect Acknowledge Flags cannot be 00000010."],
    [Buffer.from([0x82, 7, 0, 1, 0, 0, 1, 97, 3]), 8, "QoS 3 does not exist."],
    [Buffer.from([0x82, 3, 0, 1, 0]), undefined, "Here it ends: a Topic Filter is missing."],
  ])("%j is undecodable from byte %s on: %s", (bytes, offset, meaning) => {
    const last = explain(bytes, 5).at(-1);
    expect(last?.meaning).toContain(meaning);
    if (offset === undefined) expect(last?.name).not.toBe("undecodable");
    else expect(last).toMatchObject({ name: "undecodable", offset });
  });

  test("MQTT 3.1.1 has no AUTH", () => {
    const [first, ...rest] = explain(Buffer.from([0xf0, 0]), 4);
    expect(first?.name).toBe("Packet type and flags");
    expect(rest.at(-1)?.meaning).toMatch("only MQTT 5 has AUTH");
  });

  test("a property where it does not belong is explained, and said to be out of place", () => {
    // A Topic Alias in a PUBACK.
    const parts = explain(Buffer.from([0x40, 7, 0, 1, 0, 3, 0x23, 0, 1]), 5);
    const meanings = parts.map(({ meaning }) => meaning);
    expect(meanings.join(" ")).toMatch("It does not belong in a PUBACK.");
    expect(valueNamed(parts, "Topic Alias")).toBe("1");
  });
});

describe("secrets", () => {
  const password = "open-sesame";
  const secretHex = Buffer.from(password).toString("hex");
  const connection = new Connection(1);

  test("a password and authentication data are not in it", () => {
    const bytes = connectPacket("lamp", 5, {
      username: "anna",
      password: Buffer.from(password),
      properties: { authenticationMethod: "m", authenticationData: Buffer.from(password) },
    });
    const parts = explain(bytes, 5);
    expect(parts.filter(({ secret }) => secret).map(({ name }) => name)).toEqual([
      "Authentication Data",
      "Password",
    ]);
    expect(JSON.stringify(parts)).not.toMatch(password);
  });

  test("nor in what cannot be decoded of a CONNECT", () => {
    const bytes = connectPacket("lamp", 5, { username: "anna", password: Buffer.from(password) });
    // Such a CONNECT has a user name that is longer than the packet.
    bytes[bytes.length - password.length - 2 - "anna".length - 1] = 200;
    const last = explain(bytes, 5).at(-1);
    expect(last).toMatchObject({ name: "undecodable", value: "(hidden)", secret: true });
  });

  test("nor in bytes of somebody who has not said who it is", () => {
    const bytes = Buffer.from(`\0GET /?password=${password}`);
    const frame = new Frame(0, connection, "to-broker", bytes, bytes.length, "not MQTT");
    const text = JSON.stringify(explainFrame(frame));
    expect(text).not.toMatch(password);
    expect(text).not.toMatch(secretHex);
  });
});

test("packets as JSON hide a secret where it stands, not where the same bytes stand again", () => {
  const bytes = connectPacket("open-sesame", 5, {
    properties: { authenticationMethod: "m", authenticationData: Buffer.from("open-sesame") },
  });
  const connection = new Connection(1);
  const frame = new Frame(0, connection, "to-broker", bytes, bytes.length);
  connection.introduce(frame);
  const { bytes: shown } = JSON.parse(toJsonLine(frame));
  const text = Buffer.from(shown, "hex").toString("latin1");
  expect(text).toMatch(/\*{11}.*open-sesame$/s);
});

test("every property of the specification is there, with its section", () => {
  expect(properties.size).toBe(27);
  const sections = [...properties.values()].flatMap(({ sections }) => Object.values(sections));
  expect(new Set(sections).size).toBe(sections.length);
});
