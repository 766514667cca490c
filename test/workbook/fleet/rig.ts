import { onTestFinished } from "vitest";
import { startEmbedded } from "../../../workbook/broker/embedded.ts";
import { Fleet } from "../../../workbook/fleet/fleet.ts";
import type { DeviceState, FleetEvent } from "../../../workbook/fleet/shapes.ts";

/** A fleet on a broker of its own, for as long as the test takes. */
export async function openFleet(devices = 3, seed = 1): Promise<Fleet> {
  const broker = await startEmbedded();
  onTestFinished(() => broker.stop());
  const fleet = await Fleet.open(broker, devices, seed);
  onTestFinished(() => fleet.close());
  return fleet;
}

/** Resolves with the first event that matches, from now on. */
export function nextEvent(
  fleet: Fleet,
  matches: (event: FleetEvent) => boolean,
): Promise<FleetEvent> {
  return new Promise((resolve) => {
    const stop = fleet.onEvent((event) => {
      if (!matches(event)) return;
      stop();
      resolve(event);
    });
  });
}

/** Resolves with a device once it is as wanted, now or later. */
export async function deviceBecomes(
  fleet: Fleet,
  id: string,
  matches: (device: DeviceState) => boolean,
): Promise<DeviceState> {
  const now = fleet.snapshot.devices.find((device) => device.id === id);
  if (now === undefined) throw new Error(`there is no device ${id}`);
  if (!matches(now)) {
    await nextEvent(
      fleet,
      (event) => event.event === "device" && event.device.id === id && matches(event.device),
    );
  }
  return now;
}

export async function allOnline(fleet: Fleet): Promise<void> {
  for (const { id } of fleet.snapshot.devices) {
    await deviceBecomes(
      fleet,
      id,
      ({ status, values }) => status === "online" && values.length > 0,
    );
  }
}
