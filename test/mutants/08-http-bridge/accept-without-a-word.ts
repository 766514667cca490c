// Kills: acceptCommand: takes only what is one level of a topic for a device
// Does not say what was wrong.
import * as right from "../../../solutions/08-http-bridge.ts";
import type { CommandAnswer, CommandRequest } from "../../../workbook/bridge/http-service.ts";
import type { Store } from "../../../workbook/bridge/store.ts";

export * from "../../../solutions/08-http-bridge.ts";

export async function acceptCommand(store: Store, request: CommandRequest): Promise<CommandAnswer> {
  const answer = await right.acceptCommand(store, request);
  return answer.status === 202 ? answer : { ...answer, problem: "" };
}
