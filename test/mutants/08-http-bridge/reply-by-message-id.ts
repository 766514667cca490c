// Kills: takeReply: knows by the correlation data which command it is for
// Takes the reply's own id for the command's.
import type { IPublishPacket } from "mqtt";
import type { Store } from "../../../workbook/bridge/store.ts";
import { partsOf } from "../../../workbook/bridge/topics.ts";

export * from "../../../solutions/08-http-bridge.ts";

export async function takeReply(store: Store, packet: IPublishPacket): Promise<void> {
  const id = packet.properties?.userProperties?.["message-id"]?.toString();
  const deviceId = partsOf(packet.topic)?.deviceId;
  if (id === undefined || deviceId === undefined) return;
  await store.commandReplied(id, deviceId, packet.payload.toString());
}
