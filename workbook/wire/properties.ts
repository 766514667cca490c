import type { Said } from "./byte-reader.ts";

/** Where properties may stand: in a packet, or with the will in a CONNECT. */
export type PropertyPlace =
  | "connect"
  | "will"
  | "connack"
  | "publish"
  | "puback"
  | "pubrec"
  | "pubrel"
  | "pubcomp"
  | "subscribe"
  | "suback"
  | "unsubscribe"
  | "unsuback"
  | "disconnect"
  | "auth";

/** A property of MQTT 5: how its value is written, what it says, and in which section it is defined. */
export type Property = {
  readonly name: string;
  /** Where it may stand, each with the section of the specification that says what it means there. */
  readonly sections: Partial<Record<PropertyPlace, string>>;
} & (
  | {
      readonly type: "byte" | "twoBytes" | "fourBytes" | "variable";
      readonly say: (value: number) => Said;
    }
  | {
      readonly type: "text" | "pair" | "binary";
      readonly meaning: string;
      readonly secret?: "secret";
    }
);

const seconds = (value: number) => `${value} s`;

/** For a property that says whether the broker can do something. */
const ability = (what: string) => (value: number) => ({
  value: value === 1 ? "1: yes" : `${value}: no`,
  meaning: `Whether the broker ${what}. Without the property: yes.`,
});

/** By identifier, as in table 2-4 of the specification. */
export const properties: ReadonlyMap<number, Property> = new Map<number, Property>([
  [
    0x01,
    {
      name: "Payload Format Indicator",
      type: "byte",
      say: (value) => ({
        value: value === 1 ? "1: text" : `${value}: bytes`,
        meaning: "1 promises that the payload is UTF-8 text, 0 promises nothing.",
      }),
      sections: { publish: "3.3.2.3.2", will: "3.1.3.2.3" },
    },
  ],
  [
    0x02,
    {
      name: "Message Expiry Interval",
      type: "fourBytes",
      say: (value) => ({
        value: seconds(value),
        meaning: "How long the message may wait for a subscriber, then it is thrown away.",
      }),
      sections: { publish: "3.3.2.3.3", will: "3.1.3.2.4" },
    },
  ],
  [
    0x03,
    {
      name: "Content Type",
      type: "text",
      meaning: "What the payload is, for the receiver; the broker does not look.",
      sections: { publish: "3.3.2.3.9", will: "3.1.3.2.5" },
    },
  ],
  [
    0x08,
    {
      name: "Response Topic",
      type: "text",
      meaning: "Where the receiver shall publish its answer: this message is a request.",
      sections: { publish: "3.3.2.3.5", will: "3.1.3.2.6" },
    },
  ],
  [
    0x09,
    {
      name: "Correlation Data",
      type: "binary",
      meaning: "Comes back with the answer, and so tells which request it answers.",
      sections: { publish: "3.3.2.3.6", will: "3.1.3.2.7" },
    },
  ],
  [
    0x0b,
    {
      name: "Subscription Identifier",
      type: "variable",
      say: () => ({
        meaning:
          "The subscriber's own number for a subscription. It comes back with each message that " +
          "matches.",
      }),
      sections: { publish: "3.3.2.3.8", subscribe: "3.8.2.1.2" },
    },
  ],
  [
    0x11,
    {
      name: "Session Expiry Interval",
      type: "fourBytes",
      say: (value) => ({
        value: value === 0xffffffff ? "for ever" : seconds(value),
        meaning:
          value === 0
            ? "The session ends with the connection."
            : "How long the broker keeps the session once the connection is gone.",
      }),
      sections: { connect: "3.1.2.11.2", connack: "3.2.2.3.2", disconnect: "3.14.2.2.2" },
    },
  ],
  [
    0x12,
    {
      name: "Assigned Client Identifier",
      type: "text",
      meaning: "The client brought no name, so the broker gives it this one.",
      sections: { connack: "3.2.2.3.7" },
    },
  ],
  [
    0x13,
    {
      name: "Server Keep Alive",
      type: "twoBytes",
      say: (value) => ({
        value: seconds(value),
        meaning: "The broker's Keep Alive: it takes the place of the one in the CONNECT.",
      }),
      sections: { connack: "3.2.2.3.14" },
    },
  ],
  [
    0x15,
    {
      name: "Authentication Method",
      type: "text",
      meaning: "How both sides prove who they are, beyond user name and password.",
      sections: { connect: "3.1.2.11.9", connack: "3.2.2.3.17", auth: "3.15.2.2.2" },
    },
  ],
  [
    0x16,
    {
      name: "Authentication Data",
      type: "binary",
      secret: "secret",
      meaning: "What the method asks for. It may be a secret, so it is not shown.",
      sections: { connect: "3.1.2.11.10", connack: "3.2.2.3.18", auth: "3.15.2.2.3" },
    },
  ],
  [
    0x17,
    {
      name: "Request Problem Information",
      type: "byte",
      say: () => ({
        meaning: "0 asks the broker to leave Reason String and User Property out of most answers.",
      }),
      sections: { connect: "3.1.2.11.7" },
    },
  ],
  [
    0x18,
    {
      name: "Will Delay Interval",
      type: "fourBytes",
      say: (value) => ({
        value: seconds(value),
        meaning: "How long the broker waits before it publishes the will: a client may come back.",
      }),
      sections: { will: "3.1.3.2.2" },
    },
  ],
  [
    0x19,
    {
      name: "Request Response Information",
      type: "byte",
      say: () => ({ meaning: "1 asks the broker for a topic under which answers may arrive." }),
      sections: { connect: "3.1.2.11.6" },
    },
  ],
  [
    0x1a,
    {
      name: "Response Information",
      type: "text",
      meaning: "From this the client may make its Response Topics.",
      sections: { connack: "3.2.2.3.15" },
    },
  ],
  [
    0x1c,
    {
      name: "Server Reference",
      type: "text",
      meaning: "Another broker that the client should use.",
      sections: { connack: "3.2.2.3.16", disconnect: "3.14.2.2.5" },
    },
  ],
  [
    0x1f,
    {
      name: "Reason String",
      type: "text",
      meaning: "The reason in words, for people who read logs.",
      sections: {
        connack: "3.2.2.3.9",
        puback: "3.4.2.2.2",
        pubrec: "3.5.2.2.2",
        pubrel: "3.6.2.2.2",
        pubcomp: "3.7.2.2.2",
        suback: "3.9.2.1.2",
        unsuback: "3.11.2.1.2",
        disconnect: "3.14.2.2.3",
        auth: "3.15.2.2.4",
      },
    },
  ],
  [
    0x21,
    {
      name: "Receive Maximum",
      type: "twoBytes",
      say: () => ({
        meaning:
          "How many QoS 1 and QoS 2 messages may be on their way to the sender of this, at once.",
      }),
      sections: { connect: "3.1.2.11.3", connack: "3.2.2.3.3" },
    },
  ],
  [
    0x22,
    {
      name: "Topic Alias Maximum",
      type: "twoBytes",
      say: () => ({
        meaning: "How many topics may be replaced by a number, on the way to the sender of this.",
      }),
      sections: { connect: "3.1.2.11.5", connack: "3.2.2.3.8" },
    },
  ],
  [
    0x23,
    {
      name: "Topic Alias",
      type: "twoBytes",
      say: () => ({
        meaning: "A number for the topic: later messages may bring it in the place of the topic.",
      }),
      sections: { publish: "3.3.2.3.4" },
    },
  ],
  [
    0x24,
    {
      name: "Maximum QoS",
      type: "byte",
      say: (value) => ({
        value: `QoS ${value}`,
        meaning: "The highest QoS that the broker takes from this client.",
      }),
      sections: { connack: "3.2.2.3.4" },
    },
  ],
  [
    0x25,
    {
      name: "Retain Available",
      type: "byte",
      say: ability("keeps retained messages"),
      sections: { connack: "3.2.2.3.5" },
    },
  ],
  [
    0x26,
    {
      name: "User Property",
      type: "pair",
      meaning: "A name and a value of the application's own. MQTT does not look at them.",
      sections: {
        connect: "3.1.2.11.8",
        will: "3.1.3.2.8",
        connack: "3.2.2.3.10",
        publish: "3.3.2.3.7",
        puback: "3.4.2.2.3",
        pubrec: "3.5.2.2.3",
        pubrel: "3.6.2.2.3",
        pubcomp: "3.7.2.2.3",
        subscribe: "3.8.2.1.3",
        suback: "3.9.2.1.3",
        unsubscribe: "3.10.2.1.2",
        unsuback: "3.11.2.1.3",
        disconnect: "3.14.2.2.4",
        auth: "3.15.2.2.5",
      },
    },
  ],
  [
    0x27,
    {
      name: "Maximum Packet Size",
      type: "fourBytes",
      say: (value) => ({
        value: `${value} B`,
        meaning: "The largest packet that the sender of this takes.",
      }),
      sections: { connect: "3.1.2.11.4", connack: "3.2.2.3.6" },
    },
  ],
  [
    0x28,
    {
      name: "Wildcard Subscription Available",
      type: "byte",
      say: ability("takes filters with + and #"),
      sections: { connack: "3.2.2.3.11" },
    },
  ],
  [
    0x29,
    {
      name: "Subscription Identifiers Available",
      type: "byte",
      say: ability("takes Subscription Identifiers"),
      sections: { connack: "3.2.2.3.12" },
    },
  ],
  [
    0x2a,
    {
      name: "Shared Subscription Available",
      type: "byte",
      say: ability("takes shared subscriptions, $share/…"),
      sections: { connack: "3.2.2.3.13" },
    },
  ],
]);

/** Where the length of all properties is defined. */
export const lengthSections: Readonly<Record<PropertyPlace, string>> = {
  connect: "3.1.2.11.1",
  will: "3.1.3.2.1",
  connack: "3.2.2.3.1",
  publish: "3.3.2.3.1",
  puback: "3.4.2.2.1",
  pubrec: "3.5.2.2.1",
  pubrel: "3.6.2.2.1",
  pubcomp: "3.7.2.2.1",
  subscribe: "3.8.2.1.1",
  suback: "3.9.2.1.1",
  unsubscribe: "3.10.2.1.1",
  unsuback: "3.11.2.1.1",
  disconnect: "3.14.2.2.1",
  auth: "3.15.2.2.1",
};
