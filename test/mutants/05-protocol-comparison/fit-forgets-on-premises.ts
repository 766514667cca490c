// Kills: analyzeUseCaseFit: knows who fails the need "on premises"
// This need is not looked at.
import * as right from "../../../solutions/05-protocol-comparison.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeUseCaseFit: typeof right.analyzeUseCaseFit = (scenario, prices) => {
  const found = right.analyzeUseCaseFit(scenario, prices);
  const ranking = found.ranking
    .map((entry) => ({ ...entry, fails: entry.fails.filter((need) => need !== "on premises") }))
    .toSorted((a, b) => a.fails.length - b.fails.length || a.bytesPerDay - b.bytesPerDay);
  return { ...found, ranking };
};
