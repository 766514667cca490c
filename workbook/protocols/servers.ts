import { UsageError } from "../usage-error.ts";
import type { Servers } from "./measure.ts";
import type { Endpoint } from "./probe.ts";
import { type System, systems } from "./systems.ts";

/** The environment variables that say where a real server listens, as `host:port`. */
export const variables: Record<System, string> = {
  mqtt: "MQTT_AT",
  rabbitmq: "AMQP_AT",
  kafka: "KAFKA_AT",
  pubsub: "PUBSUB_AT",
};

const names: Record<System, string> = {
  mqtt: "MQTT broker",
  rabbitmq: "RabbitMQ",
  kafka: "Kafka",
  pubsub: "Pub/Sub",
};

/**
 * The real servers that the environment names.
 *
 * @throws UsageError when an address is none
 */
export function serversFromEnvironment(env: NodeJS.ProcessEnv): Servers {
  const servers: Partial<Record<System, Endpoint>> = {};
  for (const system of systems) {
    const address = env[variables[system]];
    if (address === undefined || address === "") continue;
    servers[system] = realServer(system, address);
  }
  return servers;
}

function realServer(system: System, address: string): Endpoint {
  const [, host, port] = address.match(/^(?:\w+:\/\/)?([^\s:/@]+):(\d{1,5})\/?$/) ?? [];
  if (host === undefined || port === undefined || Number(port) > 65_535) {
    throw new UsageError(
      `${variables[system]}=${address} is no address`,
      `write it as ${variables[system]}=host:port, without a password`,
    );
  }
  const name = `${names[system]} at ${host}:${port}`;
  return { kind: "server", name, host, port: Number(port), close: async () => {} };
}
