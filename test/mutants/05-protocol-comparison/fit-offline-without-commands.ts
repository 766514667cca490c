// Kills: analyzeUseCaseFit: knows who fails the need "offline"
// Where nobody sends commands, nobody needs an inbox.
import * as right from "../../../solutions/05-protocol-comparison.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeUseCaseFit: typeof right.analyzeUseCaseFit = (scenario, prices) => {
  const found = right.analyzeUseCaseFit(scenario, prices);
  if (scenario.offlineHours > 0 || scenario.devices <= 10_000) return found;
  const ranking = found.ranking
    .map((entry) =>
      entry.system === "pubsub" ? { ...entry, fails: [...entry.fails, "offline" as const] } : entry,
    )
    .toSorted((a, b) => a.fails.length - b.fails.length || a.bytesPerDay - b.bytesPerDay);
  return { ...found, ranking };
};
