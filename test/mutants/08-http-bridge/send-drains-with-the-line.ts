// Kills: CommandSender: drains: waits for the store, also without a line
// Where there is no line, nothing can be left to do.
import * as right from "../../../solutions/08-http-bridge.ts";

export * from "../../../solutions/08-http-bridge.ts";

export class CommandSender extends right.CommandSender {
  override async drain(): Promise<void> {
    const done = super.drain();
    if (this.client.connected) await done;
  }
}
