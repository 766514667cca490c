// Kills: takeReading: keeps readings of the same value apart
// Knows a message by what it says.
import type { IPublishPacket } from "mqtt";
import type { Store } from "../../../workbook/bridge/store.ts";
import { partsOf } from "../../../workbook/bridge/topics.ts";
import { isReading } from "../../../workbook/telemetry.ts";

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
  const reading = parsed(packet.payload.toString());
  if (deviceId === undefined || !isReading(reading)) return;
  const messageId = packet.properties?.userProperties?.["message-id"]?.toString();
  const known = messageId && packet.payload.toString();
  await store.addReading({ messageId: known, deviceId, reading });
}
