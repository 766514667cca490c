// Kills: CommandSender: drains: finishes what is on its way, and begins nothing
// Publishes on, as long as somebody waits for the last one.
import * as right from "../../../solutions/08-http-bridge.ts";

export * from "../../../solutions/08-http-bridge.ts";

export class CommandSender extends right.CommandSender {
  override async drain(): Promise<void> {
    new right.CommandSender(this.client, this.store, this.worker);
    await super.drain();
  }
}
