// Kills: analyzeUseCaseFit: counts the bytes of a device's day
// A connection is taken to be free.
import * as right from "../../../solutions/05-protocol-comparison.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeUseCaseFit: typeof right.analyzeUseCaseFit = (scenario, prices) => {
  const found = right.analyzeUseCaseFit(scenario, prices);
  const ranking = found.ranking
    .map((entry) => ({
      ...entry,
      bytesPerDay: entry.bytesPerDay - scenario.connectsPerDay * prices.connect[entry.system],
    }))
    .toSorted((a, b) => a.fails.length - b.fails.length || a.bytesPerDay - b.bytesPerDay);
  return { ...found, ranking };
};
