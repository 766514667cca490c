import * as right from "../../solutions/05-protocol-comparison.ts";
import type { Batch } from "../../workbook/protocols/batch.ts";
import type { Overhead } from "../../workbook/protocols/findings.ts";
import type { ConnectionCost } from "../../workbook/protocols/measure.ts";
import type { System } from "../../workbook/protocols/systems.ts";

type Costs = Readonly<Record<System, ConnectionCost>>;

/** The right answer of module 5, but for the size of one system's batches, and what follows from it. */
export function changeSize(
  system: System,
  size: (batch: Batch, rightSize: number, costs: Costs) => number,
): typeof right.analyzeOverhead {
  return (batch: Batch, costs: Costs): Record<System, Overhead> => {
    const sizeOf = (one: Batch) =>
      size(one, right.analyzeOverhead(one, costs)[system].publish, costs);
    const found = right.analyzeOverhead(batch, costs);
    const publish = sizeOf(batch);
    const known = Buffer.byteLength(batch.topic) + Buffer.byteLength(batch.payload);
    const { connect, acknowledge } = costs[system];
    const changed = {
      ...found[system],
      publish,
      beyond: publish / batch.count - known,
      wakeUp: connect + sizeOf({ ...batch, count: 1 }) + acknowledge,
    };
    return { ...found, [system]: changed };
  };
}
