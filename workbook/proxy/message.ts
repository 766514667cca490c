import { generate, type IPublishPacket, type UserProperties } from "mqtt-packet";

/** A message on its way through the proxy, in either direction. */
export interface Message {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  /** What else its publisher said of it: content type, response topic, user properties. */
  readonly properties: MessageProperties;
  /**
   * The same in every copy that the proxy gives to the brokers, so that two of them are known for one
   * message when they come back. `undefined` for a message that came past the proxy.
   */
  readonly copyId: string | undefined;
}

/** The properties that a message keeps on its whole way; the others are about one line alone. */
export type MessageProperties = Pick<
  NonNullable<IPublishPacket["properties"]>,
  | "payloadFormatIndicator"
  | "messageExpiryInterval"
  | "contentType"
  | "responseTopic"
  | "correlationData"
  | "userProperties"
>;

/** The user property in which a copy id travels between the proxy and the brokers. */
const COPY_ID = "proxy-copy-id";

/** A message as it came from a device or from a broker. */
export function messageFrom(
  packet: Pick<IPublishPacket, "topic" | "payload" | "qos" | "retain" | "properties">,
): Message {
  const { payloadFormatIndicator, messageExpiryInterval, contentType } = packet.properties ?? {};
  const { responseTopic, correlationData, userProperties } = packet.properties ?? {};
  const { [COPY_ID]: copyId, ...others } = userProperties ?? {};
  const all = {
    payloadFormatIndicator,
    messageExpiryInterval,
    contentType,
    responseTopic,
    correlationData,
    userProperties: Object.keys(others).length > 0 ? others : undefined,
  };
  const stated = Object.entries(all).filter(([, value]) => value !== undefined);
  return {
    topic: packet.topic,
    payload: Buffer.from(packet.payload),
    qos: packet.qos === 0 ? 0 : 1,
    retain: packet.retain,
    properties: Object.fromEntries(stated),
    copyId: typeof copyId === "string" ? copyId : undefined,
  };
}

/** The properties with which a message goes to a broker: its own, and its copy id. */
export function propertiesOf({ properties, copyId }: Message): MessageProperties {
  if (copyId === undefined) return properties;
  const userProperties: UserProperties = { ...properties.userProperties, [COPY_ID]: copyId };
  return { ...properties, userProperties };
}

/** The PUBLISH of a message to a device: without its copy id, which is nothing to the device. */
export function packetFor(message: Message, messageId?: number): IPublishPacket {
  const { topic, payload, qos, retain, properties } = message;
  const packet = { cmd: "publish", topic, payload, qos, retain, dup: false, properties } as const;
  return messageId === undefined ? packet : { ...packet, messageId };
}

/** How many bytes the PUBLISH of this message to a broker takes on the wire. */
export function sizeOnWire(message: Message): number {
  const packet = { ...packetFor(message, 1), properties: propertiesOf(message) };
  return generate(packet, { protocolVersion: 5 }).length;
}
