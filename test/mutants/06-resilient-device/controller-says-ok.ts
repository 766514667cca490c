// Kills: DeviceController: executes a command and replies to it
// Replies the same to everything.
import * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class DeviceController extends right.DeviceController {
  constructor(options: right.PublisherOptions, execute: (command: string) => string) {
    super(options, (command) => {
      execute(command);
      return "ok";
    });
  }
}
