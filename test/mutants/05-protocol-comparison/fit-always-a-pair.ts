// Kills: analyzeUseCaseFit: puts nothing together without need, or without hope
// Two systems are taken to be better than one.
import * as right from "../../../solutions/05-protocol-comparison.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeUseCaseFit: typeof right.analyzeUseCaseFit = (scenario, prices) => {
  const found = right.analyzeUseCaseFit(scenario, prices);
  return { ...found, combination: found.combination ?? { devices: "mqtt", backend: "kafka" } };
};
