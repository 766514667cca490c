// Kills: analyzeUseCaseFit: puts two together where one is not enough
// A bridge is priced like a device.
import * as right from "../../../solutions/05-protocol-comparison.ts";
import { backendNeeds } from "../../../workbook/protocols/needs.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeUseCaseFit: typeof right.analyzeUseCaseFit = (scenario, prices) => {
  const found = right.analyzeUseCaseFit(scenario, prices);
  if (found.combination === undefined) return found;
  const [backend] = found.ranking
    .filter(({ fails }) => !fails.some((need) => backendNeeds.includes(need)))
    .toSorted((a, b) => a.bytesPerDay - b.bytesPerDay);
  if (backend === undefined) return found;
  return { ...found, combination: { ...found.combination, backend: backend.system } };
};
