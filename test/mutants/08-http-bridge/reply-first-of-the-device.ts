// Kills: takeReply: knows by the correlation data which command it is for
// Remembers for each device the first command that it replied to.
import type { IPublishPacket } from "mqtt";
import type { Store } from "../../../workbook/bridge/store.ts";
import { partsOf } from "../../../workbook/bridge/topics.ts";

export * from "../../../solutions/08-http-bridge.ts";

const known = new Map<string, string>();

export async function takeReply(store: Store, packet: IPublishPacket): Promise<void> {
  const id = packet.properties?.correlationData?.toString();
  const deviceId = partsOf(packet.topic)?.deviceId;
  if (id === undefined || deviceId === undefined || !(await store.command(id))) return;
  const first = known.get(packet.topic) ?? id;
  known.set(packet.topic, first);
  await store.commandReplied(first, deviceId, packet.payload.toString());
}
