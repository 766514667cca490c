import type { PacketCmd } from "mqtt-packet";
import { ByteReader, bytesInWords, Undecodable } from "./byte-reader.ts";
import { reason } from "./describe.ts";
import type { Bits, Part } from "./part.ts";
import { lengthSections, type PropertyPlace, properties } from "./properties.ts";
import { type Direction, type Frame, packetTypes } from "./transcript.ts";

/**
 * A packet, part by part: what each byte is, what it says, and where the MQTT 5.0 specification defines
 * it. The parts stand in order and cover each byte exactly once. From the first byte that makes no sense
 * on, all is one part named "undecodable", whose meaning says why. Passwords and authentication data are
 * not in it.
 *
 * @param bytes one control packet, or its beginning where the rest was not kept
 * @param protocolVersion what the connection speaks; a CONNECT brings its own
 * @param direction RETAIN means one thing on the way to the broker, and another on the way from it
 */
export function explainPacket(
  bytes: Buffer,
  protocolVersion: 3 | 4 | 5,
  direction: Direction,
): Part[] {
  const reader = new ByteReader(bytes);
  const type = packetTypes[(bytes[0] ?? 0) >> 4];
  try {
    readFixedHeader(reader, bytes, type, direction);
    if (type !== undefined) bodies[type](reader, { flags: (bytes[0] ?? 0) & 15, protocolVersion });
    if (reader.left > 0) throw new Undecodable(`nothing more belongs in ${withArticle(type)}`);
    reader.endAt(bytes.length);
    if (reader.left > 0) throw new Undecodable("the packet is over before");
  } catch (error) {
    if (!(error instanceof Undecodable)) throw error;
    // What cannot be decoded of these may hold a secret.
    reader.giveUp(error.message, type === "connect" || type === "connack" || type === "auth");
  }
  return reader.parts;
}

/** The same for what crossed the tap. Bytes from a client that has not said who it is may be a secret. */
export function explainFrame(frame: Frame): Part[] {
  const { bytes, connection, direction, problem } = frame;
  const parts = explainPacket(bytes, connection.protocolVersion, direction);
  const stranger = direction === "to-broker" && connection.clientId === undefined;
  if (!stranger || problem === undefined) return parts;
  return parts.map((part) =>
    part.name === "undecodable" ? { ...part, value: "(hidden)", secret: true } : part,
  );
}

interface Context {
  readonly flags: number;
  protocolVersion: 3 | 4 | 5;
}

const isNewer = ({ protocolVersion }: Context) => protocolVersion === 5;

/** What these packets must have in the right half of their first byte [MQTT-2.1.3-1]. */
const fixedFlags: Partial<Record<PacketCmd, number>> = { pubrel: 2, subscribe: 2, unsubscribe: 2 };

function readFixedHeader(
  reader: ByteReader,
  bytes: Buffer,
  type: PacketCmd | undefined,
  direction: Direction,
): void {
  const first = reader.peek();
  const flags = first & 15;
  if (type === undefined) throw new Undecodable("a packet of type 0 does not exist");
  if (type === "publish" && (flags & 6) === 6) throw new Undecodable("QoS 3 does not exist");
  if (type !== "publish" && flags !== (fixedFlags[type] ?? 0)) {
    throw new Undecodable(`the flags of ${withArticle(type)} cannot be ${binary(flags, 4)}`);
  }
  reader.byte("Packet type and flags", "2.1.1", () => ({
    value: `${binary(first >> 4, 4)} ${binary(flags, 4)}`,
    meaning: purposes[type],
    bits: [
      {
        bits: "7-4",
        name: "packet type",
        value: String(first >> 4),
        meaning: type.toUpperCase(),
      },
      ...(type === "publish"
        ? publishFlags(flags, direction)
        : [reserved("3-0", binary(flags, 4))]),
    ],
  }));
  const left = reader.variable("Remaining Length", "2.1.4", (value) => ({
    meaning: `${value === 0 ? "Nothing follows" : `${bytesInWords(value)} follow${value === 1 ? "s" : ""}`}.`,
  }));
  const end = reader.at + left;
  if (end > bytes.length) reader.remark(`Only ${bytes.length - reader.at} of them are here.`);
  reader.endAt(end);
}

function publishFlags(flags: number, direction: Direction): Bits[] {
  const qos = (flags >> 1) & 3;
  return [
    {
      bits: "3",
      name: "DUP",
      value: String(flags >> 3),
      meaning: flags & 8 ? "sent before, and not acknowledged" : "the first attempt",
    },
    { bits: "2-1", name: "QoS", value: String(qos), meaning: promises[qos] ?? "" },
    {
      bits: "0",
      name: "RETAIN",
      value: String(flags & 1),
      meaning: retainSays[direction][flags & 1] ?? "",
    },
  ];
}

const promises = [
  "at most once, no answer",
  "at least once, answered by a PUBACK",
  "exactly once, answered by a PUBREC",
];

/** What RETAIN says when it is 0, and when it is 1. */
const retainSays: Readonly<Record<Direction, readonly string[]>> = {
  "to-broker": ["the broker shall not keep it", "the broker shall keep it"],
  "to-client": ["it is new", "the broker had kept it"],
};

function reserved(bits: string, value: string): Bits {
  return { bits, name: "reserved", value, meaning: "must be so" };
}

/** What each packet is for. */
const purposes: Readonly<Record<PacketCmd, string>> = {
  connect: "CONNECT: a client asks to be let in, and says who it is.",
  connack: "CONNACK: the broker lets the client in, or says why not.",
  publish: "PUBLISH: a message on its way to the broker, or from it to a subscriber.",
  puback: "PUBACK: the receiver has a QoS 1 message. The sender may forget it.",
  pubrec: "PUBREC: the receiver has a QoS 2 message, and will not take it twice.",
  pubrel: "PUBREL: the sender will not send the QoS 2 message again.",
  pubcomp: "PUBCOMP: both sides are done with a QoS 2 message.",
  subscribe: "SUBSCRIBE: a client asks for the messages of some topics.",
  suback: "SUBACK: what the broker grants of a SUBSCRIBE.",
  unsubscribe: "UNSUBSCRIBE: a client does not want some messages any more.",
  unsuback: "UNSUBACK: the answer to an UNSUBSCRIBE.",
  pingreq: "PINGREQ: a client says that it is still there, and asks the same of the broker.",
  pingresp: "PINGRESP: the broker is still there.",
  disconnect:
    "DISCONNECT: one side says goodbye. A client that does has its will thrown away, as a rule.",
  auth: "AUTH: another step of proving who is there.",
};

type Body = (reader: ByteReader, context: Context) => void;

const acknowledgement =
  (type: "puback" | "pubrec" | "pubrel" | "pubcomp", section: string): Body =>
  (reader, context) => {
    readPacketId(reader, `${section}.2`, "The message that this is about.");
    if (!isNewer(context)) return;
    if (reader.left === 0) reader.remark("No Reason Code follows, which says success.");
    else readReason(reader, `${section}.2.1`, "success");
    if (reader.left > 0) readProperties(reader, type);
  };

const bodies: Readonly<Record<PacketCmd, Body>> = {
  connect: readConnect,
  connack: readConnack,
  publish: readPublish,
  puback: acknowledgement("puback", "3.4"),
  pubrec: acknowledgement("pubrec", "3.5"),
  pubrel: acknowledgement("pubrel", "3.6"),
  pubcomp: acknowledgement("pubcomp", "3.7"),
  subscribe: readSubscribe,
  suback: (reader, context) => {
    readPacketId(reader, "3.9.2", "The SUBSCRIBE that this answers.");
    if (isNewer(context)) readProperties(reader, "suback");
    atLeastOne(reader, "a Reason Code", () => {
      reader.byte("Reason Code", "3.9.3", (code) => ({
        value: code <= 2 ? `${code} Granted QoS ${code}` : reason(code),
        meaning:
          code <= 2
            ? "Granted: the broker will deliver at this QoS at most."
            : "Refused: no message will come through this filter.",
      }));
    });
  },
  unsubscribe: (reader, context) => {
    readPacketId(reader, "3.10.2", "The UNSUBACK will bring it back.");
    if (isNewer(context)) readProperties(reader, "unsubscribe");
    atLeastOne(reader, "a Topic Filter", () => {
      reader.text("Topic Filter", "3.10.3", "No message shall come through this filter any more.");
    });
  },
  unsuback: (reader, context) => {
    readPacketId(reader, "3.11.2", "The UNSUBSCRIBE that this answers.");
    if (!isNewer(context)) return;
    readProperties(reader, "unsuback");
    atLeastOne(reader, "a Reason Code", () => readReason(reader, "3.11.3", "success"));
  },
  pingreq: () => {},
  pingresp: () => {},
  disconnect: (reader, context) => {
    if (!isNewer(context)) return;
    if (reader.left === 0) reader.remark("So its reason is 0: a normal end.");
    else readReason(reader, "3.14.2.1", "normal disconnection");
    if (reader.left > 0) readProperties(reader, "disconnect");
  },
  auth: (reader, context) => {
    if (!isNewer(context)) throw new Undecodable("only MQTT 5 has AUTH");
    if (reader.left === 0) reader.remark("So its reason is 0: success.");
    else {
      reader.byte("Reason Code", "3.15.2.1", (code) => ({
        value: `${code} ${authSteps.get(code) ?? "(unknown reason)"}`,
        meaning: "Which step this is.",
      }));
    }
    if (reader.left > 0) readProperties(reader, "auth");
  },
};

const authSteps = new Map([
  [0x00, "Success"],
  [0x18, "Continue authentication"],
  [0x19, "Re-authenticate"],
]);

const versions = { 3: "MQTT 3.1", 4: "MQTT 3.1.1", 5: "MQTT 5" } as const;

function readConnect(reader: ByteReader, context: Context): void {
  const protocol = reader.text("Protocol Name", "3.1.2.1", "What is spoken here.");
  if (protocol !== "MQTT" && protocol !== "MQIsdp") {
    throw new Undecodable("no protocol of that name is known");
  }
  const version = reader.peek() & 0x7f;
  if (version !== 3 && version !== 4 && version !== 5) {
    throw new Undecodable(`version ${version} of the protocol is not known`);
  }
  context.protocolVersion = version;
  reader.byte("Protocol Version", "3.1.2.2", (value) => ({
    value: `${value}: ${versions[version]}`,
    meaning:
      value > 127
        ? "The highest bit says that the client is another broker: a habit of brokers, no standard."
        : "The version that the client wants to speak.",
  }));
  const flags = readConnectFlags(reader);
  reader.twoBytes("Keep Alive", "3.1.2.10", (value) => ({
    value: `${value} s`,
    meaning:
      value === 0
        ? "The client may be silent for as long as it likes."
        : "The longest silence of the client. After one and a half of it the broker takes it for gone.",
  }));
  if (isNewer(context)) readProperties(reader, "connect");
  reader.text(
    "Client Identifier",
    "3.1.3.1",
    "The client's name: the broker knows its session by it.",
  );
  if (flags & 0x04) {
    if (isNewer(context)) readProperties(reader, "will");
    reader.text("Will Topic", "3.1.3.3", "Where the broker publishes the will.");
    reader.binary("Will Payload", "3.1.3.4", "What it publishes there when the line breaks.");
  }
  if (flags & 0x80) reader.text("User Name", "3.1.3.5", "Who wants to be let in.");
  if (flags & 0x40) {
    reader.binary("Password", "3.1.3.6", "It proves that. It is not shown here.", "secret");
  }
}

function readConnectFlags(reader: ByteReader): number {
  const flags = reader.peek();
  if (flags & 1) throw new Undecodable("the lowest of the Connect Flags must be 0");
  const qos = (flags >> 3) & 3;
  const one = (bit: number, name: string, yes: string, no: string): Bits => {
    const value = (flags >> bit) & 1;
    return { bits: String(bit), name, value: String(value), meaning: value ? yes : no };
  };
  return reader.byte("Connect Flags", "3.1.2.3", () => ({
    value: binary(flags, 8),
    meaning: "What the packet brings, and how to begin.",
    bits: [
      one(7, "User Name", "a user name follows", "no user name"),
      one(6, "Password", "a password follows", "no password"),
      one(5, "Will Retain", "keep the will once it is published", "do not keep the will"),
      {
        bits: "4-3",
        name: "Will QoS",
        value: String(qos),
        meaning: flags & 4 ? `publish the will with QoS ${qos}` : "no will, so 0",
      },
      one(2, "Will Flag", "a will follows", "no will"),
      one(1, "Clean Start", "begin with nothing", "go on with the session, if it is still there"),
      reserved("0", "0"),
    ],
  }));
}

function readConnack(reader: ByteReader, context: Context): void {
  const acknowledged = reader.peek();
  if (acknowledged > 1) {
    throw new Undecodable(`Connect Acknowledge Flags cannot be ${binary(acknowledged, 8)}`);
  }
  reader.byte("Connect Acknowledge Flags", "3.2.2.1", (flags) => ({
    value: binary(flags, 8),
    meaning: "Whether the broker still knew the client.",
    bits: [
      reserved("7-1", "0000000"),
      {
        bits: "0",
        name: "Session Present",
        value: String(flags & 1),
        meaning: flags & 1 ? "the old session goes on" : "a new session",
      },
    ],
  }));
  readReason(reader, "3.2.2.2", "the client is let in");
  if (isNewer(context)) readProperties(reader, "connack");
}

function readPublish(reader: ByteReader, context: Context): void {
  const qos = (context.flags >> 1) & 3;
  const topic = reader.text(
    "Topic Name",
    "3.3.2.1",
    "What the message is about: who has subscribed to it gets the message.",
  );
  if (topic === "") reader.remark("A Topic Alias takes its place.");
  if (qos > 0) readPacketId(reader, "3.3.2.2", "The answers to this message will bring it back.");
  if (isNewer(context)) readProperties(reader, "publish");
  if (reader.left === 0) {
    reader.remark("There is no payload: the message is empty.");
    if (context.flags & 1) reader.remark("With RETAIN that removes what the broker has kept.");
  }
  reader.rest("Payload", "3.3.3", "The message itself. MQTT does not look at it.");
}

function readSubscribe(reader: ByteReader, context: Context): void {
  readPacketId(reader, "3.8.2", "The SUBACK will bring it back.");
  if (isNewer(context)) readProperties(reader, "subscribe");
  atLeastOne(reader, "a Topic Filter", () => {
    reader.text("Topic Filter", "3.8.3", "Messages on topics that match it are wanted.");
    const options = reader.peek();
    if ((options & 3) === 3) throw new Undecodable("QoS 3 does not exist");
    const unknown = isNewer(context) ? 0xc0 : 0xfc;
    if (options & unknown || (options & 0x30) === 0x30) {
      throw new Undecodable(`Subscription Options cannot be ${binary(options, 8)}`);
    }
    reader.byte("Subscription Options", "3.8.3.1", () => ({
      value: binary(options, 8),
      meaning: "How they are wanted.",
      bits: isNewer(context)
        ? newerOptions(options)
        : [reserved("7-2", "000000"), grantedQos(options)],
    }));
  });
}

const grantedQos = (options: number): Bits => ({
  bits: "1-0",
  name: "Maximum QoS",
  value: String(options & 3),
  meaning: `at QoS ${options & 3} at most`,
});

function newerOptions(options: number): Bits[] {
  const handling = (options >> 4) & 3;
  const kept = ["at once", "at once, where the subscription is new", "never"][handling] ?? "";
  return [
    reserved("7-6", "00"),
    {
      bits: "5-4",
      name: "Retain Handling",
      value: String(handling),
      meaning: `kept messages come: ${kept}`,
    },
    {
      bits: "3",
      name: "Retain As Published",
      value: String((options >> 3) & 1),
      meaning:
        options & 8 ? "RETAIN stays as the publisher set it" : "RETAIN only on kept messages",
    },
    {
      bits: "2",
      name: "No Local",
      value: String((options >> 2) & 1),
      meaning: options & 4 ? "not the client's own messages" : "the client's own messages too",
    },
    grantedQos(options),
  ];
}

function readPacketId(reader: ByteReader, section: string, meaning: string): void {
  reader.twoBytes("Packet Identifier", section, () => ({ meaning }));
}

/** @param zero what code 0 says here */
function readReason(reader: ByteReader, section: string, zero: string): void {
  reader.byte("Reason Code", section, (code) => ({
    value: code === 0 ? `0 ${zero}` : reason(code),
    // Those of MQTT 3.1.1 stand below 16, and only in a CONNACK.
    meaning:
      code >= 128 || (code > 0 && section === "3.2.2.2")
        ? "It did not work; this says why."
        : "It worked.",
  }));
}

function readProperties(reader: ByteReader, place: PropertyPlace): void {
  const length = reader.variable("Property Length", lengthSections[place], (value) => ({
    meaning:
      value === 0
        ? "No properties follow."
        : `The next ${bytesInWords(value)} are ${place === "will" ? "the will's properties" : "properties"}.`,
  }));
  reader.within(length, "the list of properties", () => readProperty(reader, place));
}

function readProperty(reader: ByteReader, place: PropertyPlace): void {
  const id = reader.peek();
  const property = properties.get(id);
  if (property === undefined) throw new Undecodable(`no property has the number ${id}`);
  const { name } = property;
  const section = property.sections[place] ?? "2.2.2.2";
  reader.byte("Property Identifier", section, () => ({
    value: `${id}: ${name}`,
    meaning:
      place in property.sections
        ? "Which property follows."
        : `Which property follows. It does not belong in ${withArticle(place)}.`,
  }));
  switch (property.type) {
    case "text":
      reader.text(name, section, property.meaning);
      break;
    case "binary":
      reader.binary(name, section, property.meaning, property.secret);
      break;
    case "pair":
      reader.text(`${name}: name`, section, property.meaning);
      reader.text(`${name}: value`, section, property.meaning);
      break;
    default:
      reader[property.type](name, section, property.say);
  }
}

function atLeastOne(reader: ByteReader, what: string, read: () => void): void {
  if (reader.left === 0) throw new Undecodable(`${what} is missing`);
  while (reader.left > 0) read();
}

function binary(value: number, digits: number): string {
  return value.toString(2).padStart(digits, "0");
}

function withArticle(type: PropertyPlace | PacketCmd | undefined): string {
  if (type === undefined) return "a packet";
  if (type === "will") return "a will";
  return `${/^[aeiou]/.test(type) ? "an" : "a"} ${type.toUpperCase()}`;
}
