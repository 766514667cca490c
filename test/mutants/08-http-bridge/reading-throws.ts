// Kills: takeReading: passes over what is no reading
// Fails at what is no JSON.
import type { IPublishPacket } from "mqtt";
import type { Store } from "../../../workbook/bridge/store.ts";
import { partsOf } from "../../../workbook/bridge/topics.ts";
import { isReading } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/08-http-bridge.ts";

export async function takeReading(store: Store, packet: IPublishPacket): Promise<void> {
  const deviceId = partsOf(packet.topic)?.deviceId;
  const reading: unknown = JSON.parse(packet.payload.toString());
  if (deviceId === undefined || !isReading(reading)) return;
  const messageId = packet.properties?.userProperties?.["message-id"]?.toString();
  await store.addReading({ messageId, deviceId, reading });
}
