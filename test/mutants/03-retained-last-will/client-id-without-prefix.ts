// Kills: setupLastWill: connects the device under its own id
// Two of a class with a lamp called lamp throw each other out.
import type { IClientOptions } from "mqtt";
import { statusTopic } from "../../../solutions/03-retained-last-will.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export function setupLastWill(deviceId: string): IClientOptions {
  return {
    clientId: deviceId,
    protocolVersion: 5,
    will: { topic: statusTopic(deviceId), payload: "offline", qos: 1, retain: true },
  };
}
