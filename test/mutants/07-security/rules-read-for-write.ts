// Kills: accessRules: lets a device publish and its dashboard read
// Read and write seen from the broker, not from the client.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function accessRules(tenants: readonly right.Tenant[]): string {
  return right
    .accessRules(tenants)
    .replaceAll("write", "w")
    .replaceAll("read", "write")
    .replaceAll("topic w ", "topic read ");
}
