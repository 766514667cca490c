// Kills: mayHeal: gives up where no waiting helps
// Hopes for ever.

export * from "../../../solutions/06-resilient-device.ts";

export function mayHeal(_reasonCode: number): boolean {
  return true;
}
