// Kills: takeReading: passes over what is no reading
// Adds whatever is JSON.
import type { IPublishPacket } from "mqtt";
import type { Store } from "../../../workbook/bridge/store.ts";
import { partsOf } from "../../../workbook/bridge/topics.ts";
import type { Reading } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/08-http-bridge.ts";

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export async function takeReading(store: Store, packet: IPublishPacket): Promise<void> {
  const deviceId = partsOf(packet.topic)?.deviceId;
  const reading = parsed(packet.payload.toString()) as Reading | undefined;
  if (deviceId === undefined || reading === undefined) return;
  const messageId = packet.properties?.userProperties?.["message-id"]?.toString();
  await store.addReading({ messageId, deviceId, reading });
}
