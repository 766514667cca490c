// Kills: setupLastWill: connects the device under its own id
// A session that is to be resumed, and no name to resume it by: the library refuses.
import type { IClientOptions } from "mqtt";
import { statusTopic } from "../../../solutions/03-retained-last-will.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export function setupLastWill(deviceId: string): IClientOptions {
  return {
    protocolVersion: 5,
    clean: false,
    will: { topic: statusTopic(deviceId), payload: "offline", qos: 1, retain: true },
  };
}
