// Kills: demonstrateSharedSubscriptions: hands out no job before every worker is ready
// The first worker is there when the first job goes out. The subscriptions of the others are on their way.
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
  let left = jobs.length;
  let finish = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  try {
    const members = await Promise.all(workers.map(open));
    const dispatcher = await open("dispatcher");
    for (const [index, worker] of workers.entries()) {
      const own: string[] = [];
      done[worker] = own;
      members[index]?.on("message", (_topic, job) => {
        own.push(job.toString());
        if (--left === 0) finish();
      });
      const filter = `$share/workers/${topic}`;
      if (index === 0) await members[index]?.subscribeAsync(filter, { qos: 1 });
      else members[index]?.subscribe(filter, { qos: 1 });
    }
    for (const job of jobs) await dispatcher.publishAsync(topic, job, { qos: 1 });
    if (jobs.length > 0) await finished;
  } finally {
    await Promise.all(clients.map((client) => client.endAsync()));
  }
  return done;
}
