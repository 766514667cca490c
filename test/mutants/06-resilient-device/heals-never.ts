// Kills: mayHeal: goes on where waiting helps
// Takes every refusal for the last word.

export * from "../../../solutions/06-resilient-device.ts";

export function mayHeal(_reasonCode: number): boolean {
  return false;
}
