// Kills: SensorPublisher: keeps to its capacity while there is no line
// Keeps everything.
import * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class SensorPublisher extends right.SensorPublisher {
  constructor(options: right.PublisherOptions) {
    super({ ...options, capacity: 1_000_000 });
  }
}
