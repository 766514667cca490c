import type { Socket } from "node:net";
import { clientId } from "../batch.ts";
import type { Probe } from "../probe.ts";
import { startMqttFake } from "./fake.ts";
import { MqttSplitter } from "./messages.ts";

interface Way {
  readonly version: 4 | 5;
  readonly qos: 0 | 1 | 2;
  /** Say the topic once, and a number for it from then on. */
  readonly alias?: true;
}

function mqttProbe(way: Way): Probe {
  const { version, qos, alias } = way;
  const name = version === 5 ? "5" : "3.1.1";
  return {
    id: `mqtt-${name}-qos-${qos}${alias ? "-alias" : ""}`,
    system: "mqtt",
    label: `MQTT ${name}, QoS ${qos}${alias ? ", topic alias" : ""}`,
    fake: startMqttFake,
    splitter: () => new MqttSplitter(version),
    open: async (line) => {
      // Not at the top of the file: whoever only wants the probes' names need not wait for libraries.
      const { connectAsync } = await import("mqtt");
      const client = await connectAsync({
        host: line.host,
        port: line.port,
        clientId,
        protocolVersion: version,
        keepalive: 0,
        reconnectPeriod: 0,
        autoUseTopicAlias: alias ?? false,
        autoAssignTopicAlias: alias ?? false,
      });
      const socket = client.stream as Socket;
      return {
        send: async ({ topic, payload, count }) => {
          const sent = Array.from({ length: count }, () =>
            client.publishAsync(topic, payload, { qos }),
          );
          await Promise.all(sent);
          // Nobody says that a QoS 0 message has come: it has when its bytes have crossed.
          await line.carried(socket.bytesWritten);
        },
        close: () => client.endAsync(true),
      };
    },
  };
}

export const mqttProbes: readonly Probe[] = [
  mqttProbe({ version: 4, qos: 0 }),
  mqttProbe({ version: 4, qos: 1 }),
  mqttProbe({ version: 4, qos: 2 }),
  mqttProbe({ version: 5, qos: 0 }),
  mqttProbe({ version: 5, qos: 1 }),
  mqttProbe({ version: 5, qos: 1, alias: true }),
];
