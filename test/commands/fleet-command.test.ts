import { createServer } from "node:net";
import { connectAsync } from "mqtt";
import { describe, expect, onTestFinished, test } from "vitest";
import { startEmbedded } from "../../workbook/broker/embedded.ts";
import { type Program, run } from "../workbook/fixtures/program.ts";
import { inherited } from "../workbook/fixtures/project-copy.ts";
import { scriptedBroker, usual } from "../workbook/fixtures/scripted-broker.ts";
import { portOf } from "../workbook/wire/rig.ts";

/** Where no program is asked to end: it is ended. */
const windows = process.platform === "win32";
const patient = { timeout: 60_000 };

function runFleet(args: readonly string[], env: NodeJS.ProcessEnv = {}): Program {
  return run(process.execPath, ["workbook/cli/run.js", "fleet", ...args], {
    ...inherited(),
    NO_COLOR: "1",
    WORKBOOK_BROKER: "embedded",
    ...env,
  });
}

const opened = /^Open (http:\/\/127\.0\.0\.1:\d+) in a browser/m;

describe("npm run fleet", patient, () => {
  test("--help says what there is, in 80 columns", async () => {
    const fleet = runFleet(["--help"]);
    expect(await fleet.ended).toBe(0);
    expect(fleet.out).toMatch("npm run fleet [-- options]");
    for (const line of fleet.out.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  test.each([
    ["an unknown option", ["--devcies", "3"], "Unknown option '--devcies'"],
    ["no number", ["--devices", "many"], "--devices many is no number from 1 to 50"],
    ["too few devices", ["--devices", "0"], "--devices 0 is no number from 1 to 50"],
    ["too many devices", ["--devices", "51"], "--devices 51 is no number from 1 to 50"],
    ["a bad seed", ["--seed", "1.5"], "--seed 1.5 is no number from 0 to 4294967295"],
    ["a bad port", ["--port", "65536"], "--port 65536 is no number from 0 to 65535"],
    ["an argument", ["8"], "Unexpected argument '8'"],
  ])("%s is said in a line, with what to type next", async (_name, args, what) => {
    const fleet = runFleet(args);
    expect(await fleet.ended).toBe(2);
    expect(fleet.errors).toMatch(what);
    expect(fleet.errors.trim().split("\n")).toHaveLength(2);
    expect(fleet.errors).toMatch(/^Next: npm run fleet -- --\w+/m);
  });

  test("a port that is taken is said", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    onTestFinished(() => void taken.close());
    const fleet = runFleet(["--port", String(portOf(taken))]);
    expect(await fleet.ended).toBe(3);
    expect(fleet.errors).toMatch(`the page cannot have port ${portOf(taken)} of 127.0.0.1`);
    expect(fleet.errors).toMatch("npm run fleet -- --port 0");
  });

  test("a broker that is not there is said", async () => {
    const fleet = runFleet(["--port", "0"], { MQTT_URL: "mqtt://127.0.0.1:1" });
    expect(await fleet.ended).toBe(3);
    expect(fleet.errors).toMatch("no broker at MQTT_URL (127.0.0.1:1)");
  });

  test("a broker that does not let the monitor listen is said", async () => {
    const broker = await scriptedBroker((packet, peer) =>
      packet.cmd === "subscribe"
        ? [
            {
              cmd: "suback",
              messageId: packet.messageId ?? 0,
              granted: packet.subscriptions.map(() => 135),
            },
          ]
        : usual(packet, peer),
    );
    onTestFinished(() => broker.close());
    const fleet = runFleet(["--port", "0"], { MQTT_URL: broker.url });
    expect(await fleet.ended).toBe(3);
    expect(fleet.errors).toMatch("the broker does not take the fleet: ");
    expect(fleet.errors).toMatch(/^Next: /m);
  });

  test.skipIf(windows).each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "on %s it ends, its page too, and the broker keeps nothing of it",
    async (signal) => {
      const broker = await startEmbedded();
      onTestFinished(() => broker.stop());
      const args = ["--port", "0", "--devices", "2", "--seed", "7"];
      const fleet = runFleet(args, { MQTT_URL: broker.url });
      const [, url = ""] = await fleet.printed(opened);
      await fleet.printed(/to mqtt:\/\/127\.0\.0\.1:\d+/);
      expect(fleet.out).toMatch("2 devices, seed 7");
      const page = await fetch(url);
      expect(await page.text()).toMatch("<title>A fleet on MQTT</title>");
      // A page that listens must not keep it from ending.
      const events = await fetch(`${url}/events`);
      expect(events.status).toBe(200);

      fleet.kill(signal);
      expect(await fleet.ended).toBe(0);
      await events.text().catch(() => {});
      await expect(fetch(url)).rejects.toThrow();
      expect(fleet.errors).toBe("");

      const late = await connectAsync(broker.url, { clientId: "late", protocolVersion: 5 });
      onTestFinished(() => late.endAsync());
      const topics: string[] = [];
      const marker = new Promise<void>((resolve) => {
        late.on("message", (topic) => {
          topics.push(topic);
          if (topic === "fleet/marker") resolve();
        });
      });
      await late.subscribeAsync("fleet/#");
      await late.publishAsync("fleet/marker", "");
      await marker;
      expect(topics).toEqual(["fleet/marker"]);
    },
  );

  test.skipIf(windows)(
    "WORKBOOK_PREFIX gives two fleets on one broker names of their own",
    async () => {
      const broker = await startEmbedded();
      onTestFinished(() => broker.stop());
      const args = ["--port", "0", "--devices", "1"];
      const first = runFleet(args, { MQTT_URL: broker.url });
      await first.printed(opened);
      const same = runFleet(args, { MQTT_URL: broker.url });
      expect(await same.ended).toBe(3);
      expect(same.errors).toMatch(/another fleet runs on the broker at 127\.0\.0\.1:\d+/);
      expect(same.errors).toMatch("WORKBOOK_PREFIX=two/ npm run fleet");
      const second = runFleet(args, { MQTT_URL: broker.url, WORKBOOK_PREFIX: "two/" });
      const [, url = ""] = await second.printed(opened);
      const events = await fetch(`${url}/events`);
      const reader = events.body?.getReader();
      const { value } = (await reader?.read()) ?? {};
      expect(new TextDecoder().decode(value)).toMatch('"monitor":"two/fleet-monitor"');
      await reader?.cancel();
      for (const fleet of [first, second]) fleet.kill("SIGINT");
      expect(await Promise.all([first.ended, second.ended])).toEqual([0, 0]);
    },
  );
});
