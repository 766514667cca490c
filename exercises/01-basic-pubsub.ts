/**
 * Module 1: publish and subscribe.
 *
 * A building full of sensors publishes its readings; displays subscribe to the ones they care about.
 * Neither side knows the other: the broker in the middle matches topics with filters.
 *
 * The lesson is beside this file: exercises/01-basic-pubsub.md
 */
import { connectAsync, type MqttClient } from "mqtt";
import { type Demo, runScript } from "../workbook/script.ts";
import { isReading, prefixed, type Reading, simulateBuilding } from "../workbook/telemetry.ts";
import { Todo } from "../workbook/todo.ts";

/**
 * Connect to the broker as an MQTT 5 client with this client id.
 *
 * Resolves when the broker has accepted the connection, rejects when it cannot be reached.
 * On the wire: CONNECT (version 5, your client id), then CONNACK [MQTT-3.1.0-1].
 */
export async function createClient(brokerUrl: string, clientId: string): Promise<MqttClient> {
  throw new Todo("createClient");
}

/**
 * Publish each reading as one message: the topic is `sensors/<kind>/<room>`, the payload the reading
 * as JSON. Put `prefixed(...)` around the topic, so that a class can share one broker.
 *
 * Resolves when the broker has every one of them, and you know that because it said so.
 * On the wire: a PUBLISH for each reading, and the broker's acknowledgement of each [MQTT-4.3.2-1].
 */
export async function publishSensorData(
  client: MqttClient,
  readings: readonly Reading[],
): Promise<void> {
  throw new Todo("publishSensorData");
}

/**
 * Subscribe to all these filters, and call `onReading` with the topic and the parsed reading of each
 * message that arrives. The filters are complete: use them as they are.
 *
 * Resolves when the broker has confirmed the subscriptions. A message may arrive in the same instant:
 * lose none. A payload that is no reading (`isReading` tells) is reported with `console.warn`, naming
 * its topic, and skipped: one broken sensor must not take the display down.
 * On the wire: SUBSCRIBE, then SUBACK [MQTT-3.8.4-1].
 */
export async function subscribeWithWildcards(
  client: MqttClient,
  filters: readonly string[],
  onReading: (topic: string, reading: Reading) => void,
): Promise<void> {
  throw new Todo("subscribeWithWildcards");
}

/**
 * Would a broker deliver a message on this topic to a subscription with this filter?
 *
 * A pure function, no network. `+` stands for one level, `#` for the rest [MQTT-4.7.1-1],
 * [MQTT-4.7.1-2]; and neither, at the start, reaches topics that begin with `$` [MQTT-4.7.2-1].
 * You may rely on the filter and the topic being valid.
 */
export function topicMatches(filter: string, topic: string): boolean {
  throw new Todo("topicMatches");
}

/** The building publishes, two displays listen, and the wire shows who received what. */
export async function main({ brokerUrl, showWire }: Demo): Promise<void> {
  const displays = { "hall-display": "sensors/+/hall", "co2-alarm": "sensors/co2/#" };
  const readings = simulateBuilding(["hall", "kitchen"], 7);

  for (const [name, filter] of Object.entries(displays)) {
    const building = await createClient(brokerUrl, prefixed("building"));
    const display = await createClient(brokerUrl, prefixed(name));
    const expected = readings.filter(({ kind, room }) =>
      topicMatches(filter, `sensors/${kind}/${room}`),
    );

    console.log(`\n${name} subscribes to ${filter} and should receive ${expected.length}:`);
    let missing = expected.length;
    let allArrived = () => {};
    const arrival = new Promise<void>((resolve) => {
      allArrived = resolve;
    });
    await subscribeWithWildcards(display, [prefixed(filter)], (topic, { value, unit }) => {
      console.log(`  ${topic.padEnd(28)}${value} ${unit}`);
      if (--missing === 0) allArrived();
    });
    await publishSensorData(building, readings);
    await arrival;

    await building.endAsync();
    await display.endAsync();
    showWire(`${name} and the building, as the wire saw them`);
  }
}

await runScript(import.meta.url, main);
