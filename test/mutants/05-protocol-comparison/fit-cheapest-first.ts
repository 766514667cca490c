// Kills: analyzeUseCaseFit: ranks by needs first, then by bytes
// The cheapest comes first, whether it can do it or not.
import * as right from "../../../solutions/05-protocol-comparison.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeUseCaseFit: typeof right.analyzeUseCaseFit = (scenario, prices) => {
  const found = right.analyzeUseCaseFit(scenario, prices);
  return { ...found, ranking: found.ranking.toSorted((a, b) => a.bytesPerDay - b.bytesPerDay) };
};
