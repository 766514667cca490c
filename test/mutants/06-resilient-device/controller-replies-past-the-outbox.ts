// Kills: DeviceController: replies also where the line broke before
// Hands its replies to the library.
import { join } from "node:path";
import * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class DeviceController extends right.DeviceController {
  override start(): void {
    const { deviceId, folder } = this.options;
    const client = this.sensor.start();
    const file = join(folder, "handled.jsonl");
    try {
      right.consumeOnce(client, right.commandTopic(deviceId), file, (_topic, payload, to) => {
        let outcome: object;
        try {
          outcome = { result: this.execute(payload.toString()) };
        } catch (error) {
          outcome = { error: (error as Error).message };
        }
        const reply = JSON.stringify({ to, ...outcome });
        client.publish(right.replyTopic(deviceId), reply, { qos: 1 }, () => {});
      });
    } catch (error) {
      void this.sensor.stop();
      throw error;
    }
  }
}
