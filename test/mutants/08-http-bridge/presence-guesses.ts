// Kills: takePresence: passes over what is no status
// Takes what it does not know for offline.
import type { IPublishPacket } from "mqtt";
import type { Store } from "../../../workbook/bridge/store.ts";
import { partsOf } from "../../../workbook/bridge/topics.ts";

export * from "../../../solutions/08-http-bridge.ts";

export async function takePresence(store: Store, packet: IPublishPacket): Promise<void> {
  const deviceId = partsOf(packet.topic)?.deviceId;
  const status = packet.payload.toString();
  if (deviceId === undefined) return;
  if (status === "") await store.setPresence(deviceId, undefined);
  else await store.setPresence(deviceId, status === "online" ? "online" : "offline");
}
