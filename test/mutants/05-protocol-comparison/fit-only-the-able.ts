// Kills: analyzeUseCaseFit: ranks by needs first, then by bytes
// Who fails something is left out.
import * as right from "../../../solutions/05-protocol-comparison.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeUseCaseFit: typeof right.analyzeUseCaseFit = (scenario, prices) => {
  const found = right.analyzeUseCaseFit(scenario, prices);
  return { ...found, ranking: found.ranking.filter(({ fails }) => fails.length === 0) };
};
