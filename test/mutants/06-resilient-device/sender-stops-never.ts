// Kills: Sender: stops when the line is gone, and keeps what was on its way
// Waits for acknowledgements that can no longer come.
import * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class Sender extends right.Sender {
  override stop(): Promise<void> {
    const { client } = this;
    const { once } = client;
    // Nobody hears that the line is gone.
    client.once = () => client;
    const stopped = super.stop();
    client.once = once;
    return stopped;
  }
}
