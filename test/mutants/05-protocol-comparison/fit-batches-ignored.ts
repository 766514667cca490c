// Kills: analyzeUseCaseFit: sees the best one change when readings go out together
// A batch is priced as so many single readings.
import * as right from "../../../solutions/05-protocol-comparison.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeUseCaseFit: typeof right.analyzeUseCaseFit = (scenario, prices) => {
  const found = right.analyzeUseCaseFit(scenario, prices);
  return scenario.together === 1
    ? found
    : right.analyzeUseCaseFit({ ...scenario, together: 1 }, prices);
};
