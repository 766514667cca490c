// Kills: observeEffectiveQos: returns the level at which each message arrived
// The lower of both counts, not the higher.
import * as right from "../../../solutions/02-qos-levels.ts";

export * from "../../../solutions/02-qos-levels.ts";

export async function observeEffectiveQos(brokerUrl: string): Promise<number[][]> {
  await right.observeEffectiveQos(brokerUrl);
  return [0, 1, 2].map((published) => [0, 1, 2].map((own) => Math.max(published, own)));
}
