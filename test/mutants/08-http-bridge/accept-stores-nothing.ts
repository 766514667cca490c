// Kills: acceptCommand: stores a command, and says where to look
// Accepts, and leaves it at that.
import { randomUUID } from "node:crypto";
import type { CommandAnswer, CommandRequest } from "../../../workbook/bridge/http-service.ts";
import type { Store } from "../../../workbook/bridge/store.ts";

export * from "../../../solutions/08-http-bridge.ts";

export async function acceptCommand(store: Store, request: CommandRequest): Promise<CommandAnswer> {
  if (request.deviceId === "" || /[/+#\0]/.test(request.deviceId)) {
    return { status: 400, problem: "a device's id holds no /, + or #" };
  }
  const command = { id: randomUUID(), ...request, state: "stored" } as const;
  await store.lastEventId();
  return { status: 202, location: `/commands/${command.id}`, command };
}
