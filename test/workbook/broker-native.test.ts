import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { findMosquitto, startNative } from "../../workbook/broker/native.ts";
import { EnvironmentProblem } from "../../workbook/environment-problem.ts";
import { expectBrokerWorks } from "./fixtures/broker-works.ts";
import { expectTold } from "./fixtures/last-words.ts";
import { runScript } from "./fixtures/script.ts";

const mosquitto = findMosquitto();
const folders = join(tmpdir(), `mqtt-workbook-${process.getuid?.() ?? "user"}`);

afterEach(() => {
  vi.unstubAllEnvs();
});

describe.skipIf(!mosquitto)("a native Mosquitto", { timeout: 20_000 }, () => {
  it("starts on a free port, works, says what it is, and stops for good", async () => {
    const broker = await startNative();
    expect(broker.kind).toBe("native");
    expect(broker.name).toMatch(/^Mosquitto \d+\.\d+\.\d+ \(.*mosquitto(\.exe)?\)$/);
    await expectBrokerWorks(broker.url);
    await broker.stop();
    await broker.stop();
    expect(await somethingListens(broker.url)).toBe(false);
    expect(foldersOf(process.pid)).toEqual([]);
  });

  it("runs beside a second one", async () => {
    const both = await Promise.all([startNative(), startNative()]);
    for (const broker of both) await expectBrokerWorks(broker.url);
    expect(both[0].url).not.toBe(both[1].url);
    await Promise.all(both.map((broker) => broker.stop()));
  });

  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    it(`ends when its owner gets ${signal}`, async () => {
      const script = runScript("start-broker.ts", ["native", "wait"]);
      const url = await script.printed("url");
      script.kill(signal);
      await script.ended;
      await expectGone(url);
      expect(foldersOf(script.pid)).toEqual([]);
    });
  }

  for (const [how, code] of Object.entries({ end: 0, exit: 7, throw: 1 })) {
    it(`ends when its owner does, without stopping it (${how})`, async () => {
      const script = runScript("start-broker.ts", ["native", how]);
      const url = await script.printed("url");
      expect(await script.ended).toBe(code);
      await expectGone(url);
      expect(foldersOf(script.pid)).toEqual([]);
    });
  }

  it("is swept by the next start when its owner was killed", async () => {
    const script = runScript("start-broker.ts", ["native", "wait"]);
    const url = await script.printed("url");
    script.kill("SIGKILL");
    await script.ended;
    expect(await somethingListens(url)).toBe(true);
    const next = await startNative();
    await expectGone(url);
    expect(foldersOf(script.pid)).toEqual([]);
    await next.stop();
  });

  it.skipIf(process.platform === "win32")(
    "takes another port when the first is taken meanwhile",
    async () => {
      // Stands in for mosquitto, and claims that the port is taken the first time it is asked.
      const folder = mkdtempSync(join(tmpdir(), "fake-mosquitto-"));
      const fake = `#!/bin/sh
if mkdir "${folder}/asked" 2>/dev/null; then echo "1: Error: Address already in use" >&2; exit 1; fi
exec "${mosquitto}" "$@"
`;
      fakeMosquitto(folder, fake);
      const broker = await startNative();
      expect(existsSync(join(folder, "asked"))).toBe(true);
      await expectBrokerWorks(broker.url);
      await broker.stop();
      rmSync(folder, { recursive: true });
    },
  );

  it.skipIf(process.platform === "win32")("says why it does not start", async () => {
    const folder = mkdtempSync(join(tmpdir(), "fake-mosquitto-"));
    fakeMosquitto(
      folder,
      `#!/bin/sh\necho "1: Error: Unknown configuration variable" >&2\nexit 3\n`,
    );
    const problem = await startNative().catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(EnvironmentProblem);
    expect((problem as EnvironmentProblem).message).toBe(
      `${folder}/mosquitto did not start: Error: Unknown configuration variable`,
    );
    const { message, next } = problem as EnvironmentProblem;
    expectTold(`${message}\n${next}`, "mosquittoFails");
    expect(foldersOf(process.pid)).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});

function fakeMosquitto(folder: string, script: string): void {
  writeFileSync(join(folder, "mosquitto"), script);
  chmodSync(join(folder, "mosquitto"), 0o755);
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env.PATH}`);
}

function foldersOf(pid: number): string[] {
  return existsSync(folders)
    ? readdirSync(folders).filter((name) => name.startsWith(`${pid}-`))
    : [];
}

function somethingListens(url: string): Promise<boolean> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}

/** A killed process takes a moment to go. */
async function expectGone(url: string): Promise<void> {
  await expect.poll(() => somethingListens(url), { timeout: 5000, interval: 20 }).toBe(false);
}
