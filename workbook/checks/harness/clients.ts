import { MqttClient } from "mqtt";
import { within } from "./deadline.ts";
import type { Desk } from "./desk.ts";

/** How long a client may take to leave politely when a check is over, in milliseconds. */
const PATIENCE = 1000;

/**
 * The clients made from here on, by the answer under test or anybody else. They are ended when the
 * check is over: one that is left to reconnect would go on trying, through all the later checks.
 */
export function clientsFromHere(desk: Desk): ReadonlySet<MqttClient> {
  return endAtEnd(desk, leave);
}

/** As above, for what nobody else cares about: whatever still lives when the check is over is ended at once. */
export function endClientsAtEnd(desk: Desk): void {
  endAtEnd(desk, (client) => {
    client.on("error", () => {});
    client.end(true);
  });
}

function endAtEnd(
  desk: Desk,
  end: (client: MqttClient) => void | Promise<void>,
): ReadonlySet<MqttClient> {
  const clients = new Set<MqttClient>();
  const { connect } = MqttClient.prototype;
  MqttClient.prototype.connect = function (this: MqttClient) {
    clients.add(this);
    return connect.call(this);
  };
  desk.atEnd(async () => {
    MqttClient.prototype.connect = connect;
    await Promise.all([...clients].map(end));
  });
  return clients;
}

// Politely, so that no will comes after the check; but a client that waits for something never leaves.
async function leave(client: MqttClient): Promise<void> {
  client.on("error", () => {});
  await within(client.endAsync(), () => new Error("it does not leave"), PATIENCE).catch(() => {});
  client.end(true);
}
