// Kills: acceptCommand: answers when the command is stored, not before
// Does not let anybody wait for a database that is slow.
import { randomUUID } from "node:crypto";
import type { CommandAnswer, CommandRequest } from "../../../workbook/bridge/http-service.ts";
import type { Command, Store } from "../../../workbook/bridge/store.ts";

export * from "../../../solutions/08-http-bridge.ts";

export async function acceptCommand(store: Store, request: CommandRequest): Promise<CommandAnswer> {
  if (request.deviceId === "" || /[/+#\0]/.test(request.deviceId)) {
    return { status: 400, problem: "a device's id holds no /, + or #" };
  }
  const wanted = { id: randomUUID(), ...request };
  const command = await Promise.race([
    store.addCommand(wanted),
    new Promise<Command>((resolve) => setImmediate(resolve, { ...wanted, state: "stored" })),
  ]);
  if (command.deviceId !== request.deviceId || command.text !== request.text) {
    return { status: 422, problem: "this key was used for another command" };
  }
  return { status: 202, location: `/commands/${command.id}`, command };
}
