// Kills: Leg: drops what waits when it is closed
// Lets the library wait for what never comes.
import { LegInParts } from "../leg-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Leg extends LegInParts {
  override close(): void {
    const { client } = this;
    const end = client.end.bind(client);
    client.end = () => end(false);
    super.close();
    client.end = end;
  }
}
