// Kills: takeReply: passes over what is no reply
// Relies on properties that may not be there.
import type { IPublishPacket } from "mqtt";
import type { Store } from "../../../workbook/bridge/store.ts";
import { partsOf } from "../../../workbook/bridge/topics.ts";

export * from "../../../solutions/08-http-bridge.ts";

export async function takeReply(store: Store, packet: IPublishPacket): Promise<void> {
  const { correlationData } = packet.properties as { correlationData: Buffer };
  const id = correlationData.toString();
  const deviceId = partsOf(packet.topic)?.deviceId ?? "";
  await store.commandReplied(id, deviceId, packet.payload.toString());
}
