import { randomUUID } from "node:crypto";
import { connectAsync, type IPublishPacket, type MqttClient } from "mqtt";
import { prefixed, type Reading } from "../telemetry.ts";
import { topicOf } from "./topics.ts";

/** A device as lab 6 leaves it, in short: it does each command once, and replies to where it is asked to. */
export interface SimulatedDevice {
  readonly client: MqttClient;
  /** The texts of the commands that it has done, in order. */
  readonly done: readonly string[];
  /** How many commands came again that it had done already. */
  readonly repeated: number;
  /** Resolves when the broker has the reading. */
  report(reading: Reading, messageId?: string): Promise<void>;
  /** Leave for good: the broker keeps its status no more. */
  leave(): Promise<void>;
}

/**
 * Connect a device: its status is retained, its will says that it is offline, its session outlives a
 * broken line for an hour.
 *
 * @param execute returns the reply to a command
 * @throws Error when the broker cannot be reached
 */
export async function connectSimulatedDevice(
  brokerUrl: string,
  deviceId: string,
  execute: (text: string) => string = (text) => `done: ${text}`,
): Promise<SimulatedDevice> {
  const status = { topic: topicOf(deviceId, "status"), qos: 1, retain: true } as const;
  const done: string[] = [];
  const known = new Map<string, string>();
  let repeated = 0;
  const client = await connectAsync(brokerUrl, {
    clientId: prefixed(deviceId),
    protocolVersion: 5,
    clean: false,
    properties: { sessionExpiryInterval: 3600 },
    reconnectPeriod: 50,
    will: { ...status, payload: Buffer.from("offline") },
  });
  client.on("error", () => {});
  client.on("message", (_topic, payload, { properties }: IPublishPacket) => {
    const id = String(properties?.userProperties?.["message-id"]);
    const isNew = !known.has(id);
    if (isNew) {
      const text = payload.toString();
      known.set(id, execute(text));
      done.push(text);
    } else repeated++;
    const { responseTopic, correlationData } = properties ?? {};
    if (responseTopic === undefined || correlationData === undefined) return;
    client.publish(responseTopic, known.get(id) ?? "", {
      qos: 1,
      properties: { correlationData, userProperties: { "message-id": randomUUID() } },
    });
  });
  await client.subscribeAsync(topicOf(deviceId, "commands"), { qos: 1 });
  await client.publishAsync(status.topic, "online", status);
  return {
    client,
    done,
    get repeated() {
      return repeated;
    },
    report: async (reading, messageId = randomUUID()) => {
      const properties = { userProperties: { "message-id": messageId } };
      const payload = JSON.stringify(reading);
      await client.publishAsync(topicOf(deviceId, "readings"), payload, { qos: 1, properties });
    },
    leave: async () => {
      await client.publishAsync(status.topic, "", status);
      await client.endAsync();
    },
  };
}
