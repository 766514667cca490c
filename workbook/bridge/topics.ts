import { prefixed } from "../telemetry.ts";

/** What a device has topics for. Readings and replies carry their own id; the status is retained. */
export type DeviceTopic = "commands" | "replies" | "readings" | "status";

/** The topic of one device, e.g. `devices/window/commands`; with `+` for the id, the filter of all. */
export function topicOf(deviceId: string, topic: DeviceTopic): string {
  return prefixed(`devices/${deviceId}/${topic}`);
}

/** The device and the rest that `topicOf` made this topic of; `undefined` for any other topic. */
export function partsOf(topic: string): { deviceId: string; what: DeviceTopic } | undefined {
  const start = prefixed("devices/");
  const [deviceId, what, ...more] = topic.slice(start.length).split("/");
  const isOurs = topic.startsWith(start) && deviceId && isDeviceTopic(what) && more.length === 0;
  return isOurs ? { deviceId, what } : undefined;
}

function isDeviceTopic(what: string | undefined): what is DeviceTopic {
  return ["commands", "replies", "readings", "status"].includes(what ?? "");
}
