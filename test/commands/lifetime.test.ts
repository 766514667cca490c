import { describe, expect, it } from "vitest";
import { isRunning, onExit } from "../../workbook/broker/lifetime.ts";
import { runScript } from "../workbook/fixtures/script.ts";

const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

describe.concurrent("onExit, in a process that gets a signal", { timeout: 20_000 }, () => {
  for (const [signal, code] of Object.entries(signals)) {
    it(`finishes the clean-up on ${signal}, then exits with ${code}`, async () => {
      const script = runScript("clean-up.ts", ["slow"]);
      await script.printed("ready");
      script.kill(signal as NodeJS.Signals);
      expect(await script.printed("finished")).toBe("yes");
      expect(await script.ended).toBe(code);
    });
  }

  it("leaves other handlers of the same signal alone", async () => {
    const script = runScript("clean-up.ts", ["slow"]);
    await script.printed("ready");
    script.kill("SIGTERM");
    expect(await script.printed("other")).toBe("heard");
    expect(await script.printed("finished")).toBe("yes");
    expect(await script.ended).toBe(143);
  });

  it("exits after 5 s when a clean-up hangs", async () => {
    const script = runScript("clean-up.ts", ["never"]);
    await script.printed("ready");
    script.kill("SIGTERM");
    const began = performance.now();
    expect(await script.ended).toBe(143);
    expect(performance.now() - began).toBeGreaterThan(4500);
  });

  it("exits at once on a second signal", async () => {
    const script = runScript("clean-up.ts", ["never"]);
    await script.printed("ready");
    script.kill("SIGTERM");
    await script.printed("began");
    const began = performance.now();
    script.kill("SIGINT");
    expect(await script.ended).toBe(130);
    expect(performance.now() - began).toBeLessThan(3000);
  });
});

it("onExit has signal handlers only while something is registered", () => {
  const counts = () => Object.keys(signals).map((signal) => process.listenerCount(signal));
  const before = counts();
  const first = onExit(async () => {});
  const second = onExit(async () => {});
  expect(counts()).toEqual(before.map((count) => count + 1));
  first();
  first();
  expect(counts()).toEqual(before.map((count) => count + 1));
  second();
  expect(counts()).toEqual(before);
});

it("isRunning tells a living process from one that has ended", async () => {
  const script = runScript("clean-up.ts", ["quick"]);
  await script.printed("ready");
  expect(isRunning(script.pid)).toBe(true);
  expect(isRunning(process.pid)).toBe(true);
  script.kill("SIGKILL");
  await script.ended;
  expect(isRunning(script.pid)).toBe(false);
});
