/**
 * Module 2: quality of service.
 *
 * A publisher chooses how hard a message is worth trying for: at most once (QoS 0), at least once
 * (QoS 1), exactly once (QoS 2). Each costs more packets than the one before. Here you watch them on the
 * wire, also when the line breaks in the middle, and write receivers that can live with what comes.
 *
 * The lesson is beside this file: exercises/02-qos-levels.md
 */
import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { connect, connectAsync, type IPublishPacket, type MqttClient, type Packet } from "mqtt";
import { type Demo, runScript } from "../workbook/script.ts";
import { prefixed } from "../workbook/telemetry.ts";

/** One packet of a flow, as the client saw it. */
export interface FlowPacket {
  /** Who sent it. */
  readonly from: "client" | "broker";
  /** As the library calls it: `publish`, `puback`, `pubrec`, `pubrel`, `pubcomp`. */
  readonly type: Packet["cmd"];
  /** The packet identifier, which ties a flow together. A QoS 0 message has none: 0 or undefined. */
  readonly id: number | undefined;
}

/** What became of one message between this client and the broker. */
export interface Flow {
  /** Its packets, in order. */
  readonly packets: readonly FlowPacket[];
  /** From the call until all was said, in milliseconds. */
  readonly ms: number;
}

/**
 * Publish this message with QoS 0 and return the flow that the client saw.
 *
 * On the wire: one PUBLISH, and nobody answers [MQTT-4.3.1-1]. So it is over when it is sent. In the
 * flow belong only the packets of this message. Leave no listener behind on the client.
 */
export async function demonstrateQos0(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<Flow> {
  // #region answer
  return watchFlow(client, topic, payload, 0);
  // #endregion
}

/**
 * Publish this message with QoS 1 and return the flow that the client saw.
 *
 * On the wire: PUBLISH, then the broker's PUBACK with the same packet identifier [MQTT-4.3.2-4]. Until it
 * has come the message counts as not delivered [MQTT-4.3.2-3], so wait for it. The client may receive
 * messages of others meanwhile: their packets, and your answers to them, are not part of this flow.
 */
export async function demonstrateQos1(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<Flow> {
  // #region answer
  return watchFlow(client, topic, payload, 1);
  // #endregion
}

/**
 * Publish this message with QoS 2 and return the flow that the client saw.
 *
 * On the wire: PUBLISH, the broker's PUBREC ("received"), your PUBREL ("release it"), the broker's
 * PUBCOMP ("complete"), all with one packet identifier [MQTT-2.2.1-5]. Only after the PUBCOMP is it over.
 * Again only the packets of this message count.
 */
export async function demonstrateQos2(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<Flow> {
  // #region answer
  return watchFlow(client, topic, payload, 2);
  // #endregion
}

// #region helper
/** Publish, and write down the packets of the publishing side until the library says that all is done. */
async function watchFlow(
  client: MqttClient,
  topic: string,
  payload: string,
  qos: 0 | 1 | 2,
): Promise<Flow> {
  const packets: FlowPacket[] = [];
  const note = (from: FlowPacket["from"], types: readonly string[]) => (packet: Packet) => {
    if (types.includes(packet.cmd)) packets.push({ from, type: packet.cmd, id: packet.messageId });
  };
  // A receiving client sends and gets the same types the other way round.
  const onSend = note("client", ["publish", "pubrel"]);
  const onReceive = note("broker", ["puback", "pubrec", "pubcomp"]);
  const begun = performance.now();
  client.on("packetsend", onSend).on("packetreceive", onReceive);
  try {
    await client.publishAsync(topic, payload, { qos });
  } finally {
    client.off("packetsend", onSend).off("packetreceive", onReceive);
  }
  return { packets, ms: performance.now() - begun };
}
// #endregion

/** All the levels there are. */
const levels = [0, 1, 2] as const;

/** What a message costs at one level. */
export interface LevelCost {
  /** 0, 1 or 2. */
  readonly qos: number;
  /** Packets in both directions. */
  readonly packets: number;
  /** The bytes of these packets on the wire, in both directions. */
  readonly bytes: number;
  readonly ms: number;
}

/**
 * Publish this message at all three levels, one after the other, and return what each of them cost.
 *
 * The bytes are those on the wire, headers and the broker's answers included, exactly: the tap counts
 * them too. You may rely on a plain TCP connection, and on the client having nothing else to do.
 */
export async function compareQosLevels(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<LevelCost[]> {
  // #region answer
  const line = client.stream as Socket;
  const transferred = () => line.bytesWritten + line.bytesRead;
  const costs: LevelCost[] = [];
  for (const qos of levels) {
    const before = transferred();
    const { packets, ms } = await watchFlow(client, topic, payload, qos);
    costs.push({ qos, packets: packets.length, bytes: transferred() - before, ms });
  }
  return costs;
  // #endregion
}

/** The name of the MQTT 5 user property in which our publishers put a message's own id. */
export const messageIdProperty = "message-id";

/**
 * Call `handler` for each message that this client receives, but only once for one message.
 *
 * At least once means that the same message may come twice. Publishers who know that give each message
 * an id of its own, in the user property `message-id` (`messageIdProperty`): a message that comes again
 * has the same id, another message has another, even if it says the same. The packet identifier is no
 * such id: it belongs to one hop and is used again [MQTT-4.3.2-5]. Nor is the DUP flag: it says that
 * somebody sent this packet before, not that you have seen it [MQTT-3.3.1-1].
 *
 * A message without an id cannot be recognised: `handler` gets it every time. Subscribing is left to the
 * caller. The line may break and the client connect again; what you remember outlives that.
 */
export function handleOnce(
  client: MqttClient,
  handler: (topic: string, payload: Buffer) => void,
): void {
  // #region answer
  const seen = new Set<string>();
  client.on("message", (topic, payload, { properties }) => {
    const id = properties?.userProperties?.[messageIdProperty]?.toString();
    if (id !== undefined && seen.has(id)) return;
    if (id !== undefined) seen.add(id);
    handler(topic, payload);
  });
  // #endregion
}

/**
 * Connect under this client id, subscribe to this filter, and call `onMessage` for each message: also for
 * those that were published with QoS 1 while the client of this id was away, up to an hour.
 *
 * Your caller comes, goes (`client.endAsync()`), and calls again with the same client id. The broker
 * keeps a session for you, with your subscription and what comes for it, if you tell it to: for 3600
 * seconds [MQTT-3.1.2-23]. When you come back, all that it kept is sent at once, right behind the CONNACK.
 * Lose none of it.
 *
 * Resolves with the client when the broker has confirmed the subscription, so that it is safe to go.
 */
export async function receiveWhileOffline(
  brokerUrl: string,
  clientId: string,
  filter: string,
  onMessage: (topic: string, payload: Buffer) => void,
): Promise<MqttClient> {
  // #region answer
  const client = connect(brokerUrl, {
    clientId,
    protocolVersion: 5,
    clean: false,
    properties: { sessionExpiryInterval: 3600 },
  });
  client.on("message", (topic, payload) => onMessage(topic, payload));
  try {
    await accepted(client);
    await client.subscribeAsync(filter, { qos: 1 });
  } catch (error) {
    client.end(true);
    throw error;
  }
  return client;
  // #endregion
}

// #region helper
function accepted(client: MqttClient): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once("connect", () => resolve()).once("error", reject);
  });
}
// #endregion

/**
 * Publish at each level to a subscription of each level, and return the level at which each message
 * arrived: `matrix[published][subscribed]`.
 *
 * Measure it: nine messages have to cross the wire and arrive. Use `prefixed(...)` around topics and
 * client ids, and topics that nobody else uses, so that a class can share one broker. Close what you
 * opened.
 * On the wire: the second leg has a level of its own [MQTT-3.8.4-8].
 */
export async function observeEffectiveQos(brokerUrl: string): Promise<number[][]> {
  // #region answer
  const name = prefixed(`qos-${randomUUID()}`);
  const client = await connectAsync(brokerUrl, { clientId: name, protocolVersion: 5 });
  const matrix: number[][] = [];
  try {
    for (const qos of levels) await client.subscribeAsync(`${name}/${qos}`, { qos });
    for (const published of levels) {
      const row: number[] = [];
      for (const subscribed of levels) {
        const arrival = nextMessage(client);
        await client.publishAsync(`${name}/${subscribed}`, "", { qos: published });
        row.push((await arrival).qos);
      }
      matrix.push(row);
    }
  } finally {
    await client.endAsync();
  }
  return matrix;
  // #endregion
}

/** The next message that this client receives. */
function nextMessage(client: MqttClient): Promise<IPublishPacket> {
  return new Promise((resolve) => {
    client.once("message", (_topic, _payload, packet) => resolve(packet));
  });
}

/** A door reports that it was opened. The line breaks at the worst moments, and a display listens. */
export async function main({ brokerUrl, faults, showWire }: Demo): Promise<void> {
  const topic = prefixed("door");
  const sensor = await connectDevice(brokerUrl, "sensor");
  const display = await connectDevice(brokerUrl, "display");
  const received: string[] = [];
  display.on("message", (_topic, payload) => received.push(payload.toString()));
  const times = (text: string) => received.filter((each) => each === text).length;
  const howOften = (text: string) => inWords(times(text));
  const arrives = async (text: string, count = 1) => {
    while (times(text) < count) await nextMessage(display);
    // The display's own answer may still be on its way; it shall be in the drawing.
    await pause(50);
  };
  const cutBefore = (type: Packet["cmd"]) =>
    faults.arm(
      { do: "cut", when: "before" },
      (frame) => frame.type === type && frame.connection.clientId === prefixed("sensor"),
    );

  await display.subscribeAsync(topic, { qos: 2 });
  showWire("The sensor and the display connect");

  cutBefore("publish");
  tell("QoS 0", await demonstrateQos0(sensor, topic, "first"));
  await new Promise((resolve) => sensor.once("connect", resolve));
  await sensor.publishAsync(topic, "second", { qos: 1 });
  await arrives("second");
  showWire("QoS 0 and a line that breaks: the first message is lost, only the second arrives");
  console.log(`\nfirst arrived ${howOften("first")}, second ${howOften("second")}`);

  cutBefore("puback");
  tell("QoS 1", await demonstrateQos1(sensor, topic, "third"));
  await arrives("third", 2);
  showWire("QoS 1 and no PUBACK: the sensor sends again, and the display gets it twice");
  console.log(`\nthird arrived ${howOften("third")}`);

  for (const type of ["publish", "pubrec", "pubrel", "pubcomp"] as const) {
    cutBefore(type);
    tell("QoS 2", await demonstrateQos2(sensor, topic, `fourth, ${type}`));
    await arrives(`fourth, ${type}`);
    showWire(`QoS 2, cut at the ${type.toUpperCase()}: the display gets it once`);
    console.log(`\nfourth arrived ${howOften(`fourth, ${type}`)}`);
  }

  const costs = await compareQosLevels(sensor, topic, "fifth");
  await arrives("fifth", 3);
  showWire("The same message at each level");
  console.log("\nWhat each level cost the sensor:");
  console.table(Object.fromEntries(costs.map(({ qos, ...cost }) => [`QoS ${qos}`, rounded(cost)])));

  let handled = 0;
  handleOnce(display, () => handled++);
  cutBefore("puback");
  const userProperties = { [messageIdProperty]: randomUUID() };
  await sensor.publishAsync(topic, "sixth", { qos: 1, properties: { userProperties } });
  await arrives("sixth", 2);
  await leave(display);
  showWire("QoS 1 again, and a receiver that knows a message by its id");
  console.log(`\nsixth arrived ${howOften("sixth")}, and was handled ${inWords(handled)}`);

  const caughtUp: string[] = [];
  const phone = () =>
    receiveWhileOffline(brokerUrl, prefixed("phone"), topic, (_topic, payload) => {
      caughtUp.push(payload.toString());
    });
  await (await phone()).endAsync();
  for (const text of ["seventh", "eighth"]) await sensor.publishAsync(topic, text, { qos: 1 });
  await leave(sensor);
  const back = await phone();
  while (caughtUp.length < 2) await nextMessage(back);
  await leave(back);
  showWire("A phone that was away, and what waited for it");
  console.log(`\nthe phone received ${caughtUp.join(" and ")}`);

  console.log("\nHow a message arrives, published with (down) and subscribed with (across):");
  const matrix = await observeEffectiveQos(brokerUrl);
  console.table(
    Object.fromEntries(
      matrix.map((row, published) => [
        `QoS ${published}`,
        Object.fromEntries(row.map((arrived, subscribed) => [`QoS ${subscribed}`, arrived])),
      ]),
    ),
  );
}

/** A client whose session outlives a broken line, and that connects again by itself. */
async function connectDevice(brokerUrl: string, name: string): Promise<MqttClient> {
  const client = await connectAsync(brokerUrl, {
    clientId: prefixed(name),
    protocolVersion: 5,
    clean: false,
    properties: { sessionExpiryInterval: 10 },
    reconnectPeriod: 100,
  });
  client.on("error", (error) => console.log(`${name}: ${error.message}, trying again`));
  return client;
}

/** Say goodbye, and that the broker may forget the session. */
async function leave(client: MqttClient): Promise<void> {
  await client.endAsync(false, { properties: { sessionExpiryInterval: 0 } });
}

function tell(level: string, { packets, ms }: Flow): void {
  const types = packets.map(({ type }) => type.toUpperCase()).join(", ");
  console.log(`\n${level}: the client saw ${types} in ${ms.toFixed(1)} ms`);
}

function inWords(times: number): string {
  return ["never", "once", "twice"][times] ?? `${times} times`;
}

function rounded({ packets, bytes, ms }: Omit<LevelCost, "qos">): Omit<LevelCost, "qos"> {
  return { packets, bytes, ms: Math.round(ms * 10) / 10 };
}

await runScript(import.meta.url, main);
