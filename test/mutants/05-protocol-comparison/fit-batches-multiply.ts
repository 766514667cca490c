// Kills: analyzeUseCaseFit: sees the best one change when readings go out together
// Readings that go together make more batches, not fewer.
import * as right from "../../../solutions/05-protocol-comparison.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeUseCaseFit: typeof right.analyzeUseCaseFit = (scenario, prices) =>
  right.analyzeUseCaseFit(
    { ...scenario, readingsPerDay: scenario.readingsPerDay * scenario.together ** 2 },
    prices,
  );
