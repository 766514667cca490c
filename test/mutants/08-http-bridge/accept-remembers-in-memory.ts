// Kills: acceptCommand: knows a request again after kill -9 of the service
// Keeps the keys in the process.
import { randomUUID } from "node:crypto";
import type { CommandAnswer, CommandRequest } from "../../../workbook/bridge/http-service.ts";
import type { Command, Store } from "../../../workbook/bridge/store.ts";

export * from "../../../solutions/08-http-bridge.ts";

const answered = new Map<string, Promise<Command>>();

export async function acceptCommand(store: Store, request: CommandRequest): Promise<CommandAnswer> {
  if (request.deviceId === "" || /[/+#\0]/.test(request.deviceId)) {
    return { status: 400, problem: "a device's id holds no /, + or #" };
  }
  const { key } = request;
  const adding =
    answered.get(key) ?? store.addCommand({ id: randomUUID(), ...request, key: randomUUID() });
  answered.set(key, adding);
  const command = await adding;
  if (command.deviceId !== request.deviceId || command.text !== request.text) {
    return { status: 422, problem: "this key was used for another command" };
  }
  return { status: 202, location: `/commands/${command.id}`, command };
}
