// Kills: analyzeOverhead: says what each reading takes beyond topic and payload
// The whole batch is set against one reading.
import * as right from "../../../solutions/05-protocol-comparison.ts";
import { forEachSystem } from "../../../workbook/protocols/systems.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeOverhead: typeof right.analyzeOverhead = (batch, costs) => {
  const found = right.analyzeOverhead(batch, costs);
  return forEachSystem((system) => {
    const overhead = found[system];
    return {
      ...overhead,
      beyond: overhead.publish - Buffer.byteLength(batch.topic + batch.payload),
    };
  });
};
