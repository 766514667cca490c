// Kills: setupLastWill: connects the device under its own id
// The library makes up another client id for every connection.
import type { IClientOptions } from "mqtt";
import { statusTopic } from "../../../solutions/03-retained-last-will.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export function setupLastWill(deviceId: string): IClientOptions {
  return {
    protocolVersion: 5,
    will: { topic: statusTopic(deviceId), payload: "offline", qos: 1, retain: true },
  };
}
