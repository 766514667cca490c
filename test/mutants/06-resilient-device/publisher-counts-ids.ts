// Kills: SensorPublisher: loses none of 1,000 readings through 20 faults
// Counts its ids, in each process from the beginning.

import * as right from "../../../solutions/06-resilient-device.ts";
import type { Reading } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class SensorPublisher extends right.SensorPublisher {
  #count = 0;

  override report(reading: Reading): void {
    const topic = right.readingTopic(this.options.deviceId);
    const payload = JSON.stringify({ ...reading, takenAt: Date.now() });
    this.send({ id: `${this.options.deviceId}-${++this.#count}`, kind: "reading", topic, payload });
  }
}
