// Kills: analyzeOverhead: says what a device moves that wakes up for one reading
// The acknowledgement travels too.
import * as right from "../../../solutions/05-protocol-comparison.ts";
import { forEachSystem } from "../../../workbook/protocols/systems.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeOverhead: typeof right.analyzeOverhead = (batch, costs) => {
  const found = right.analyzeOverhead(batch, costs);
  return forEachSystem((system) => {
    const overhead = found[system];
    return { ...overhead, wakeUp: overhead.wakeUp - costs[system].acknowledge };
  });
};
