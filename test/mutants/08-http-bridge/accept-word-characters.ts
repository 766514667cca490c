// Kills: acceptCommand: takes only what is one level of a topic for a device
// Refuses ids that are fine.
import { randomUUID } from "node:crypto";
import type { CommandAnswer, CommandRequest } from "../../../workbook/bridge/http-service.ts";
import type { Store } from "../../../workbook/bridge/store.ts";

export * from "../../../solutions/08-http-bridge.ts";

export async function acceptCommand(store: Store, request: CommandRequest): Promise<CommandAnswer> {
  if (!/^\w+$/.test(request.deviceId)) return { status: 400, problem: "a device's id is a word" };
  const command = await store.addCommand({ id: randomUUID(), ...request });
  if (command.deviceId !== request.deviceId || command.text !== request.text) {
    return { status: 422, problem: "this key was used for another command" };
  }
  return { status: 202, location: `/commands/${command.id}`, command };
}
