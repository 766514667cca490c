// Kills: Sender: sends what waits in order, with QoS 1 and its id
// Asks the broker to keep each reading.
import type { IClientPublishOptions } from "mqtt";
import type { Message } from "../../../solutions/06-resilient-device.ts";
import { SenderInParts } from "../sender-in-parts.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class Sender extends SenderInParts {
  protected override publishOptions(message: Message): IClientPublishOptions {
    return { ...super.publishOptions(message), retain: true };
  }
}
