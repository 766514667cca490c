// Kills: DeviceController: replies with the error where a command fails
// The error looks like a result.
import * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class DeviceController extends right.DeviceController {
  constructor(options: right.PublisherOptions, execute: (command: string) => string) {
    super(options, (command) => {
      try {
        return execute(command);
      } catch (error) {
        return String(error);
      }
    });
  }
}
