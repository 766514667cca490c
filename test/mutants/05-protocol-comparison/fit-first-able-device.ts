// Kills: analyzeUseCaseFit: puts two together where one is not enough
// The ranking is not by bytes alone: the first that the devices can live with may not be the cheapest.
import * as right from "../../../solutions/05-protocol-comparison.ts";
import { deviceNeeds } from "../../../workbook/protocols/needs.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeUseCaseFit: typeof right.analyzeUseCaseFit = (scenario, prices) => {
  const found = right.analyzeUseCaseFit(scenario, prices);
  const first = found.ranking.find(
    ({ fails }) => !fails.some((need) => deviceNeeds.includes(need)),
  );
  if (found.combination === undefined || first === undefined) return found;
  return { ...found, combination: { ...found.combination, devices: first.system } };
};
