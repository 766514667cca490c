/**
 * Module 3: retained messages and the last will.
 *
 * Who is there right now? Each device keeps its status with the broker, so that whoever asks later
 * knows at once, and leaves the broker a message to publish in its name should its line break.
 *
 * The lesson is beside this file: exercises/03-retained-last-will.md
 */
import { connectAsync, type IClientOptions, type MqttClient } from "mqtt";
import { type Demo, runScript } from "../workbook/script.ts";
import { prefixed } from "../workbook/telemetry.ts";

/** What a status message says: this word is the whole payload. */
export type DeviceStatus = "online" | "offline";

/** The topic under which everybody looks for a device's status. Given: use it wherever you need it. */
export function statusTopic(deviceId: string): string {
  return prefixed(`devices/${deviceId}/status`);
}

/**
 * Publish the device's status so that the broker keeps it: who subscribes later gets it at once. The
 * payload is the status and nothing else.
 *
 * Resolves when the broker has it, and you know that because it said so.
 * On the wire: a PUBLISH on `statusTopic(deviceId)` with the RETAIN flag [MQTT-3.3.1-5], and its
 * acknowledgement. Who is subscribed already gets a copy without the flag [MQTT-3.3.1-12]; who
 * subscribes later gets the kept one with it.
 */
export async function publishRetainedStatus(
  client: MqttClient,
  deviceId: string,
  status: DeviceStatus,
): Promise<void> {
  // #region answer
  await client.publishAsync(statusTopic(deviceId), status, { qos: 1, retain: true });
  // #endregion
}

/**
 * Make the broker forget the device's status: who subscribes later gets nothing.
 *
 * Resolves when the broker has forgotten it, and you know that because it said so.
 * On the wire: the one PUBLISH that removes what is kept [MQTT-3.3.1-6], and its acknowledgement.
 */
export async function clearRetainedStatus(client: MqttClient, deviceId: string): Promise<void> {
  // #region answer
  await client.publishAsync(statusTopic(deviceId), "", { qos: 1, retain: true });
  // #endregion
}

/**
 * The options with which a device connects: `connectAsync(brokerUrl, setupLastWill(deviceId))`.
 *
 * They choose MQTT 5, the client id `prefixed(deviceId)`, and a will: "offline" on the device's status
 * topic, with QoS 1, to be retained, and published as soon as the line breaks.
 * On the wire: the CONNECT carries the will, and the broker stores it [MQTT-3.1.2-7]. It publishes it
 * when the line closes without a DISCONNECT [MQTT-3.1.2-8].
 */
export function setupLastWill(deviceId: string): IClientOptions {
  // #region answer
  return {
    clientId: prefixed(deviceId),
    protocolVersion: 5,
    will: { topic: statusTopic(deviceId), payload: "offline", qos: 1, retain: true },
  };
  // #endregion
}

/**
 * Switch a device off in good order: it says "offline" itself, retained, and then leaves politely, so
 * that its will stays silent.
 *
 * Resolves when it has left, and it leaves only when the broker has the "offline".
 * On the wire: PUBLISH, its acknowledgement, then DISCONNECT with reason code 0, on which the broker
 * throws the will away [MQTT-3.14.4-3].
 */
export async function shutDownGracefully(client: MqttClient, deviceId: string): Promise<void> {
  // #region answer
  await publishRetainedStatus(client, deviceId, "offline");
  await client.endAsync();
  // #endregion
}

/**
 * Play the life of a device, and return what a monitor saw of it, in order: "online", "offline".
 *
 * 1. A monitor, a client of its own, subscribes to the status topic.
 * 2. The device connects with its will, and publishes its birth message: "online", retained.
 * 3. The device crashes: its line breaks without a DISCONNECT, and without a word of its own.
 * 4. The broker publishes the will, and the monitor receives it.
 *
 * What the broker kept from an earlier run is no part of the story: it is the same every time. The
 * "offline" stays with the broker for who comes later, and no connection stays open.
 */
export async function demonstrateDevicePresence(
  brokerUrl: string,
  deviceId: string,
): Promise<string[]> {
  // #region answer
  const monitor = await connectAsync(brokerUrl, {
    clientId: prefixed(`monitor-of-${deviceId}`),
    protocolVersion: 5,
  });
  const seen: string[] = [];
  const crashReported = new Promise<void>((resolve) => {
    monitor.on("message", (_topic, payload, { retain }) => {
      // With the flag it is what the broker kept from before, not what happens now.
      if (retain) return;
      seen.push(payload.toString());
      if (seen.at(-1) === "offline") resolve();
    });
  });
  await monitor.subscribeAsync(statusTopic(deviceId), { qos: 1 });

  const device = await connectAsync(brokerUrl, setupLastWill(deviceId));
  await publishRetainedStatus(device, deviceId, "online");
  device.end(true);

  await crashReported;
  await monitor.endAsync();
  return seen;
  // #endregion
}

/** A lamp comes, breaks down, is switched off, and is replaced; the wire shows who said so. */
export async function main(demo: Demo): Promise<void> {
  await showRetained(demo);
  await showRudeEnd(demo);
  await showGoodOrder(demo);
  await showTakeover(demo);
  await showPresence(demo);
}

async function showRetained({ brokerUrl, showWire }: Demo): Promise<void> {
  console.log("\nThe lamp says online. One monitor is there, another comes later:");
  const lamp = await connectAsync(brokerUrl, { clientId: prefixed("lamp"), protocolVersion: 5 });
  const early = await openMonitor(brokerUrl, "early");
  await Promise.all([early.next(), publishRetainedStatus(lamp, "lamp", "online")]);
  await early.close();
  const late = await openMonitor(brokerUrl, "late");
  await late.next();

  console.log("\nThe status is cleared, and who is there hears of that too:");
  await Promise.all([late.next(), clearRetainedStatus(lamp, "lamp")]);
  await late.close();
  await lamp.endAsync();
  showWire("A live copy, a kept one, and an empty one that clears");
}

async function showRudeEnd({ brokerUrl, showWire }: Demo): Promise<void> {
  console.log("\nA lamp with a will ends by force. end(true) only looks like a goodbye:");
  const monitor = await openMonitor(brokerUrl, "monitor");
  const lamp = await connectAsync(brokerUrl, setupLastWill("lamp"));
  await Promise.all([monitor.next(), publishRetainedStatus(lamp, "lamp", "online")]);
  await Promise.all([monitor.next(), lamp.endAsync(true)]);
  await monitor.close();
  showWire("end(true): no DISCONNECT, and the will follows");
}

async function showGoodOrder({ brokerUrl, showWire }: Demo): Promise<void> {
  console.log("\nSwitched off in good order, the lamp says it itself, and the will stays silent:");
  const lamp = await connectAsync(brokerUrl, setupLastWill("lamp"));
  await publishRetainedStatus(lamp, "lamp", "online");
  const monitor = await openMonitor(brokerUrl, "monitor");
  await monitor.next();
  await Promise.all([monitor.next(), shutDownGracefully(lamp, "lamp")]);
  await monitor.close();
  showWire("PUBLISH, PUBACK, DISCONNECT: nothing is left for the will to say");
}

async function showTakeover({ brokerUrl, showWire }: Demo): Promise<void> {
  console.log("\nA second lamp connects under the same client id. That fires the first one's");
  console.log("will, and only a new birth message puts it right:");
  // Clients that reconnect by themselves would throw each other out again and again.
  const options: IClientOptions = { ...setupLastWill("lamp"), reconnectPeriod: 0 };
  const first = await connectAsync(brokerUrl, options);
  await publishRetainedStatus(first, "lamp", "online");
  const monitor = await openMonitor(brokerUrl, "monitor");
  await monitor.next();

  const second = await connectAsync(brokerUrl, options);
  await monitor.next();
  await Promise.all([monitor.next(), publishRetainedStatus(second, "lamp", "online")]);

  await Promise.all([monitor.next(), shutDownGracefully(second, "lamp")]);
  await monitor.close();
  showWire("A takeover ends the first connection, and that fires its will");
}

async function showPresence({ brokerUrl, showWire }: Demo): Promise<void> {
  console.log("\nThe life of a lamp, as its monitor saw it:");
  const story = await demonstrateDevicePresence(brokerUrl, "lamp");
  console.log(`  ${story.join(", then ")}`);
  showWire("Will, birth message, crash: the broker says what the lamp no longer can");

  console.log("\nA monitor that comes after all this knows at once:");
  const late = await openMonitor(brokerUrl, "late");
  await late.next();
  await Promise.all([late.next(), clearRetainedStatus(late.client, "lamp")]);
  await late.close();
  showWire("The will was retained; the last message clears the table");
}

/** A client that watches the lamp and prints each status it sees. */
async function openMonitor(brokerUrl: string, name: string) {
  const clientId = prefixed(name);
  const client = await connectAsync(brokerUrl, { clientId, protocolVersion: 5 });
  const waiting: (() => void)[] = [];
  let unread = 0;
  client.on("message", (_topic, payload, { retain }) => {
    const flag = retain ? "retained: kept from before" : "live";
    console.log(`  ${name}: ${payload.toString() || "(empty)"} (${flag})`);
    const reader = waiting.shift();
    if (reader) reader();
    else unread++;
  });
  await client.subscribeAsync(statusTopic("lamp"), { qos: 1 });
  return {
    client,
    /** Resolves when the next status has come, or at once where one has come unread. */
    next: () =>
      new Promise<void>((resolve) => {
        if (unread > 0) {
          unread--;
          resolve();
        } else {
          waiting.push(resolve);
        }
      }),
    close: () => client.endAsync(),
  };
}

await runScript(import.meta.url, main);
