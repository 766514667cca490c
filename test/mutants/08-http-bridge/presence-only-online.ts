// Kills: takePresence: hears of a death by the will
// Notes who comes, and not who goes.
import type { IPublishPacket } from "mqtt";
import type { Store } from "../../../workbook/bridge/store.ts";
import { partsOf } from "../../../workbook/bridge/topics.ts";

export * from "../../../solutions/08-http-bridge.ts";

export async function takePresence(store: Store, packet: IPublishPacket): Promise<void> {
  const deviceId = partsOf(packet.topic)?.deviceId;
  const status = packet.payload.toString();
  if (deviceId === undefined) return;
  if (status === "online") await store.setPresence(deviceId, status);
  else if (status === "") await store.setPresence(deviceId, undefined);
}
