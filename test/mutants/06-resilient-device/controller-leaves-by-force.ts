// Kills: DeviceController: leaves when it is stopped
// Tears the line down.
import { ControllerWithClient } from "../controller-with-client.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class DeviceController extends ControllerWithClient {
  override async stop(): Promise<void> {
    this.client?.end(true);
    await super.stop();
  }
}
