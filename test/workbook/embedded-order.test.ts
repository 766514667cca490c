import { Socket } from "node:net";
import { connectAsync } from "mqtt";
import { afterEach, expect, test, vi } from "vitest";
import { startEmbedded } from "../../workbook/broker/embedded.ts";

const puback = 0x40;

afterEach(() => void vi.restoreAllMocks());

test("a will does not overtake what was acknowledged just before the line ended", async () => {
  const broker = await startEmbedded();
  const monitor = await connectAsync(broker.url, { protocolVersion: 5, reconnectPeriod: 0 });
  const seen: string[] = [];
  const both = new Promise<void>((resolve) => {
    monitor.on("message", (_topic, payload) => seen.push(payload.toString()) === 2 && resolve());
  });
  await monitor.subscribeAsync("status", { qos: 0 });

  // The client is gone by the time the broker has written its acknowledgement.
  const { write } = Socket.prototype;
  vi.spyOn(Socket.prototype, "write").mockImplementation(function (this: Socket, bytes) {
    const written = write.call(this, bytes);
    if (bytes[0] === puback) this.emit("end");
    return written;
  });
  const device = await connectAsync(broker.url, {
    protocolVersion: 5,
    reconnectPeriod: 0,
    will: { topic: "status", payload: "offline", qos: 1, retain: false },
  });
  device.publish("status", "online", { qos: 1 });
  await both;
  expect(seen).toEqual(["online", "offline"]);

  device.end(true);
  await monitor.endAsync();
  await broker.stop();
});
