// Kills: takePresence: forgets a device whose status is cleared
// Takes a cleared status for offline.
import type { IPublishPacket } from "mqtt";
import type { Store } from "../../../workbook/bridge/store.ts";
import { partsOf } from "../../../workbook/bridge/topics.ts";

export * from "../../../solutions/08-http-bridge.ts";

export async function takePresence(store: Store, packet: IPublishPacket): Promise<void> {
  const deviceId = partsOf(packet.topic)?.deviceId;
  const status = packet.payload.toString();
  if (deviceId === undefined) return;
  if (status === "online") await store.setPresence(deviceId, status);
  else if (status === "offline" || status === "") await store.setPresence(deviceId, "offline");
}
