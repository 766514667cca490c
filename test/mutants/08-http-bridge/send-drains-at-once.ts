// Kills: CommandSender: drains: finishes what is on its way, and begins nothing
// Does not wait.
import * as right from "../../../solutions/08-http-bridge.ts";

export * from "../../../solutions/08-http-bridge.ts";

export class CommandSender extends right.CommandSender {
  override async drain(): Promise<void> {
    void super.drain();
  }
}
