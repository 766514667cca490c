// Kills: acceptCommand: stores a command, and says where to look
// Stores JSON, because everything is JSON.
import { randomUUID } from "node:crypto";
import type { CommandAnswer, CommandRequest } from "../../../workbook/bridge/http-service.ts";
import type { Store } from "../../../workbook/bridge/store.ts";

export * from "../../../solutions/08-http-bridge.ts";

export async function acceptCommand(store: Store, request: CommandRequest): Promise<CommandAnswer> {
  if (request.deviceId === "" || /[/+#\0]/.test(request.deviceId)) {
    return { status: 400, problem: "a device's id holds no /, + or #" };
  }
  const text = JSON.stringify(request.text);
  const command = await store.addCommand({ id: randomUUID(), ...request, text });
  if (command.deviceId !== request.deviceId || command.text !== text) {
    return { status: 422, problem: "this key was used for another command" };
  }
  return { status: 202, location: `/commands/${command.id}`, command };
}
