// Kills: analyzeUseCaseFit: puts two together where one is not enough
// A bridge carries many sensors: without keys nobody knows whose reading it is.
import * as right from "../../../solutions/05-protocol-comparison.ts";
import { reading } from "../../../workbook/protocols/batch.ts";
import { backendNeeds } from "../../../workbook/protocols/needs.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeUseCaseFit: typeof right.analyzeUseCaseFit = (scenario, prices) => {
  const found = right.analyzeUseCaseFit(scenario, prices);
  if (found.combination === undefined) return found;
  const bytes = prices.publish({
    ...reading,
    payload: "x".repeat(scenario.payloadBytes),
    count: 100,
  });
  const [backend] = found.ranking
    .filter(({ fails }) => !fails.some((need) => backendNeeds.includes(need)))
    .toSorted((a, b) => bytes[a.system] - bytes[b.system]);
  if (backend === undefined) return found;
  return { ...found, combination: { ...found.combination, backend: backend.system } };
};
