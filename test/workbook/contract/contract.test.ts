import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Broker } from "../../../workbook/broker/broker.ts";
import { dockerProblem, startDocker } from "../../../workbook/broker/docker.ts";
import { startEmbedded } from "../../../workbook/broker/embedded.ts";
import { findMosquitto, startNative } from "../../../workbook/broker/native.ts";
import { behaviours } from "./behaviours.ts";
import { accepted, differences, differencesTable, tableIn } from "./differences.ts";

/** One broker, and what is seen of it, by the name of the behaviour. */
interface Column {
  readonly broker: Broker;
  readonly observed: ReadonlyMap<string, Promise<string>>;
}

const mustHaveDocker = process.env.REQUIRE_DOCKER === "1";
const sources = [
  { kind: "embedded", start: startEmbedded, isHere: true },
  { kind: "native", start: startNative, isHere: findMosquitto() !== undefined },
  { kind: "docker", start: startDocker, isHere: mustHaveDocker || !(await dockerProblem()) },
] as const;

const columns = new Map<string, Promise<Column>>();

beforeAll(() => {
  // All at once, since the time goes into waiting; each test then waits for its own observation.
  for (const { kind, start, isHere } of sources) if (isHere) columns.set(kind, observe(start));
});

afterAll(async () => {
  const started = await Promise.allSettled(columns.values());
  const here = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  // Not console.log, which vitest keeps to itself where all is well.
  process.stdout.write(`${await table(here)}\n`);
  await Promise.all(here.map(({ broker }) => broker.stop()));
});

for (const { kind, isHere } of sources) {
  describe.skipIf(!isHere)(kind, () => {
    for (const { name, expected } of behaviours) {
      test(`${name}: ${expected}`, { timeout: 30_000 }, async () => {
        const column = await columns.get(kind);
        if (column === undefined) throw new Error(`no ${kind} broker was started`);
        const hint = `${column.broker.name}; its differences are in contract/differences.ts`;
        const observed = await column.observed.get(name);
        expect(accepted(name, column.broker), hint).toContain(observed);
      });
    }
  });
}

test("each name is given to one behaviour", () => {
  const names = behaviours.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
});

test("each difference concerns a behaviour of the contract, and is one", () => {
  for (const { behaviour, observed } of differences) {
    const expected = behaviours.find(({ name }) => name === behaviour)?.expected;
    expect(expected, behaviour).toBeDefined();
    expect(observed, behaviour).not.toBe(expected);
  }
});

const readme = new URL("../../../README.md", import.meta.url);
const shown = existsSync(readme) ? tableIn(readFileSync(readme, "utf8")) : undefined;

test.skipIf(shown === undefined)("the README shows the differences", () => {
  const hint = "README.md is out of date: npm run contract -- --write";
  expect(shown, hint).toBe(differencesTable());
});

async function observe(start: () => Promise<Broker>): Promise<Column> {
  const broker = await start();
  const observed = behaviours.map(({ name, observe }) => {
    const result = observe(broker.url).catch((error) => `failed: ${error.message}`);
    return [name, result] as const;
  });
  return { broker, observed: new Map(observed) };
}

/** One row for each behaviour, one column for each broker: "same", or what it does instead. */
async function table(here: readonly Column[]): Promise<string> {
  const rows = behaviours.map(async ({ name, expected }) => {
    const cells = here.map(async ({ observed }) => {
      const seen = (await observed.get(name)) ?? "";
      return seen === expected ? "same" : seen;
    });
    return [name, expected, ...(await Promise.all(cells))];
  });
  const head = ["behaviour", "expected", ...here.map(({ broker }) => broker.kind)];
  const lines = [head, ...(await Promise.all(rows))];
  const widths = head.map((_, at) => Math.max(...lines.map((cells) => cells[at]?.length ?? 0)));
  const names = here.map(({ broker }) => `${broker.kind}: ${broker.name}`);
  const aligned = lines.map((cells) =>
    cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  "),
  );
  return [...names, ...aligned].map((line) => line.trimEnd()).join("\n");
}
