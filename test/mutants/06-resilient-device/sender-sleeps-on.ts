// Kills: Sender: hands the library nothing while there is no line
// Does not hear that the line is back.
import { SenderInParts } from "../sender-in-parts.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class Sender extends SenderInParts {
  protected override listen(): void {}
}
