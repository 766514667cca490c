// Kills: SensorPublisher: sends readings taken offline with their own time
// Leaves out what was measured.
import { randomUUID } from "node:crypto";
import * as right from "../../../solutions/06-resilient-device.ts";
import type { Reading } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class SensorPublisher extends right.SensorPublisher {
  override report(reading: Reading): void {
    const topic = right.readingTopic(this.options.deviceId);
    const payload = JSON.stringify({ value: reading.value, takenAt: Date.now() });
    this.send({ id: randomUUID(), kind: "reading", topic, payload });
  }
}
