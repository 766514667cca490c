// Kills: mayHeal: gives up where no waiting helps
// Knows of one refusal only.

export * from "../../../solutions/06-resilient-device.ts";

export function mayHeal(reasonCode: number): boolean {
  return reasonCode !== 134;
}
