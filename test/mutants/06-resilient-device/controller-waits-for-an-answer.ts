// Kills: DeviceController: leaves at once where its line breaks meanwhile
// The library waits for an answer that can no longer come.
import { ControllerWithClient } from "../controller-with-client.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class DeviceController extends ControllerWithClient {
  override async stop(): Promise<void> {
    if (this.client?.connected) await this.client.endAsync();
    await super.stop();
  }
}
