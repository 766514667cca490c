// Kills: takeReading: adds a reading once, however often it comes
// Does not tell the store which message it was.
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
  await store.addReading({ messageId: undefined, deviceId, reading });
}
