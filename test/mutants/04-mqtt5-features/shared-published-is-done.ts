// Kills: demonstrateSharedSubscriptions: comes back when every job is done, and not before
// It comes back when the broker has the jobs, whoever has them then.
import { randomUUID } from "node:crypto";
import { connectAsync, type MqttClient } from "mqtt";
import { prefixed } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function demonstrateSharedSubscriptions(
  brokerUrl: string,
  workers: readonly string[],
  jobs: readonly string[],
): Promise<Record<string, string[]>> {
  if (workers.length === 0) throw new RangeError("no workers, no work: name at least one worker");
  const topic = prefixed(`jobs-${randomUUID().slice(0, 8)}`);
  const clients: MqttClient[] = [];
  const open = async (name: string) => {
    const client = await connectAsync(brokerUrl, { clientId: prefixed(name), protocolVersion: 5 });
    clients.push(client);
    return client;
  };

  const done: Record<string, string[]> = {};
  try {
    for (const worker of workers) {
      const own: string[] = [];
      done[worker] = own;
      const client = await open(worker);
      client.on("message", (_topic, job) => {
        own.push(job.toString());
      });
      await client.subscribeAsync(`$share/workers/${topic}`, { qos: 1 });
    }
    const dispatcher = await open("dispatcher");
    for (const job of jobs) await dispatcher.publishAsync(topic, job, { qos: 1 });
  } finally {
    await Promise.all(clients.map((client) => client.endAsync()));
  }
  return done;
}
