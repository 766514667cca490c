import { beforeAll, describe, expect, test } from "vitest";
import * as answers from "../../../solutions/05-protocol-comparison.ts";
import { generateComparisonReport } from "../../../solutions/05-protocol-comparison.ts";
import { background } from "../../../workbook/protocols/background.ts";
import { deliveryOptions } from "../../../workbook/protocols/delivery.ts";
import type { Report } from "../../../workbook/protocols/findings.ts";
import { capabilityFacts } from "../../../workbook/protocols/needs.ts";
import { spread } from "../../../workbook/protocols/report/svg.ts";
import { patternFacts } from "../../../workbook/protocols/scaling.ts";
import { type Fact, sources } from "../../../workbook/protocols/sources.ts";
import { systems } from "../../../workbook/protocols/systems.ts";
import { madeUpMeasurements } from "../../exercises/protocol-batches.ts";

const facts: readonly (readonly [string, Fact])[] = [
  ...systems.flatMap((system) => background[system].map((fact) => [system, fact] as const)),
  ...deliveryOptions.map(({ leg, setting, limit }) => [`${leg.system} ${setting}`, limit] as const),
  ...Object.entries(patternFacts),
  ...systems.flatMap((system) =>
    Object.entries(capabilityFacts[system]).map(
      ([key, fact]) => [`${system} ${key}`, fact] as const,
    ),
  ),
];

describe("every stated fact", () => {
  test.each(facts)("%s: has a source with title, version and year", (_, { text, source }) => {
    expect(text).toMatch(/\S.*\.$/);
    expect(Object.values(sources)).toContain(source);
    expect(source.title).toMatch(/\S/);
    expect(source.version).toMatch(/\S/);
    expect(source.year).toBeGreaterThan(2000);
    expect(URL.canParse(source.url)).toBe(true);
  });

  test("every source is used", () => {
    const used = new Set(facts.map(([, { source }]) => source));
    expect(Object.values(sources).filter((source) => !used.has(source))).toEqual([]);
  });
});

describe("the report", () => {
  let report: Report;
  beforeAll(() => {
    const each = { mqtt: 46, rabbitmq: 99, kafka: 21, pubsub: 18 };
    const fixed = { mqtt: 0, rabbitmq: 0, kafka: 134, pubsub: 115 };
    const measurements = madeUpMeasurements(
      (system, keyed, count) => fixed[system] + count * (each[system] + (keyed ? 30 : 0)),
    );
    report = generateComparisonReport(measurements, answers);
  });

  test("fits a terminal of 80 columns, and needs no colour", () => {
    for (const line of report.terminal.split("\n"))
      expect(line.length, line).toBeLessThanOrEqual(80);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
    expect(report.terminal).not.toMatch(/\u001b/);
  });

  test.each(["terminal", "markdown", "html"] as const)("says as %s what is a fake", (form) => {
    expect(report[form]).toContain("fake");
    expect(report[form]).not.toMatch(/undefined|NaN|\[object/);
  });

  test("has each crossing in all three forms, computed", () => {
    expect(report.findings.crossings.length).toBeGreaterThan(0);
    const { count } = report.findings.crossings.find(
      ({ keyed, before, after }) => !keyed && before === "mqtt" && after === "kafka",
    ) ?? { count: 0 };
    // 134 + 21 n < 46 n
    expect(count).toBe(6);
    for (const form of [report.terminal, report.markdown, report.html]) {
      expect(form).toContain("from 6 readings on, Kafka sends less than MQTT 5");
    }
  });

  test("is one page that fetches nothing", () => {
    expect(report.html).toMatch(/^<!doctype html>/);
    expect(report.html).not.toMatch(/<script|<link|<img|src=|url\((?!#)|@import/);
    expect(report.html).toContain("prefers-color-scheme: dark");
  });

  test("tells its charts in words too, and its tables by their headings", () => {
    const svgs = [...report.html.matchAll(/<svg[\s\S]*?<\/svg>/g)].map(([svg]) => svg);
    expect(svgs).toHaveLength(3);
    for (const svg of svgs) {
      const [, ids = ""] = svg.match(/aria-labelledby="([^"]+)"/) ?? [];
      for (const id of ids.split(" ")) expect(svg).toContain(`id="${id}"`);
    }
    expect(report.html.match(/<table/g)?.length).toBe(report.html.match(/<thead/g)?.length);
  });

  test("tells the lines of a chart apart without colour", () => {
    const dashes = [...report.html.matchAll(/stroke-dasharray="([^"]+)"/g)].map(([, dash]) => dash);
    expect(new Set(dashes).size).toBe(4);
  });
});

test("labels that would overlap move apart", () => {
  expect(spread([10, 50, 90], 15, 100)).toEqual([10, 50, 90]);
  expect(spread([50, 52, 40], 15, 100)).toEqual([55, 70, 40]);
  expect(spread([99, 100], 15, 100)).toEqual([85, 100]);
});
