import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ProjectCopy } from "../workbook/fixtures/project-copy.ts";

const PATIENCE = 60_000;
let project: ProjectCopy;

beforeAll(async () => {
  project = await ProjectCopy.make();
});
afterAll(() => project.remove());

const saved = (name: string) => join(project.folder, name);

describe("npm run compare", { timeout: PATIENCE }, () => {
  test("says what it does", async () => {
    const { code, output } = await project.run("compare", ["--help"], {});
    expect(code).toBe(0);
    expect(output).toMatch("MQTT_AT, AMQP_AT, KAFKA_AT, PUBSUB_AT");
  });

  test.each([
    [["--lvie"], {}, "Unknown option '--lvie'", "npm run compare -- --help"],
    [[], { AMQP_AT: "5672" }, "AMQP_AT=5672 is no address", "AMQP_AT=host:port"],
  ])("does not guess what %j with %j means", async (words, env, what, next) => {
    const { code, output } = await project.run("compare", words, env);
    expect(code).toBe(2);
    expect(output).toMatch(what);
    expect(output).toMatch(next);
    expect(output.trim().split("\n")).toHaveLength(2);
  });

  test("says which server is not there, and saves nothing", async () => {
    const { code, output } = await project.run("compare", [], { KAFKA_AT: "127.0.0.1:1" });
    expect(code).toBe(3);
    expect(output).toMatch("nobody listens at 127.0.0.1:1");
    expect(existsSync(saved("comparison.html"))).toBe(false);
  });

  test("prints the report and saves it twice", async () => {
    const { code, output } = await project.run("compare", [], {});
    expect(output).toMatch("Saved as comparison.md, and with charts as comparison.html");
    expect(code).toBe(0);
    expect(await readFile(saved("comparison.md"), "utf8")).toMatch(/^# Four ways/);
    expect(await readFile(saved("comparison.html"), "utf8")).toMatch("</html>");
  });

  test("goes on with fakes where Docker is not there", async () => {
    const nowhere = { DOCKER_HOST: "tcp://127.0.0.1:1" };
    const { code, output } = await project.run("compare", ["--live"], nowhere);
    expect(output).toMatch(/Note: .+, so fakes answer\./);
    expect(code).toBe(0);
  });
});
