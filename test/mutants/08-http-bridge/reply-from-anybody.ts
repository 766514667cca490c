// Kills: takeReply: takes a reply only from the device that was asked
// Does not look who replies.
import type { IPublishPacket } from "mqtt";
import type { Store } from "../../../workbook/bridge/store.ts";

export * from "../../../solutions/08-http-bridge.ts";

export async function takeReply(store: Store, packet: IPublishPacket): Promise<void> {
  const id = packet.properties?.correlationData?.toString() ?? "";
  const command = await store.command(id);
  if (command) await store.commandReplied(id, command.deviceId, packet.payload.toString());
}
