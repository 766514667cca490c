// Kills: takeReply: passes over what is no reply
// Listens no more to a device that has sent something odd.
import type { IPublishPacket } from "mqtt";
import type { Store } from "../../../workbook/bridge/store.ts";
import { partsOf } from "../../../workbook/bridge/topics.ts";

export * from "../../../solutions/08-http-bridge.ts";

const blocked = new Set<string>();

export async function takeReply(store: Store, packet: IPublishPacket): Promise<void> {
  const id = packet.properties?.correlationData?.toString();
  if (id === undefined) blocked.add(packet.topic);
  const deviceId = partsOf(packet.topic)?.deviceId;
  if (id === undefined || deviceId === undefined || blocked.has(packet.topic)) return;
  await store.commandReplied(id, deviceId, packet.payload.toString());
}
