import type { ServerResponse } from "node:http";
import type { Fleet } from "./fleet.ts";

/** How much may wait for a page that does not read, in bytes: then it is let go. */
const MAX_WAITING = 1024 * 1024;

/**
 * Tell a page all that is known, then all that happens, as server-sent events. A page that does not keep
 * up is let go: its browser connects again, and begins with all that is known then.
 */
export function streamEvents(
  fleet: Pick<Fleet, "snapshot" | "onEvent">,
  response: ServerResponse,
): void {
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  const send = (event: string, data: object) => {
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    if (response.writableLength > MAX_WAITING) response.destroy();
  };
  send("snapshot", fleet.snapshot);
  const stop = fleet.onEvent((event) => send(event.event, event));
  response.on("close", stop);
}
