import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { ConfigurationRefused } from "../../workbook/broker/configuration-refused.ts";
import { dockerProblem } from "../../workbook/broker/docker-problem.ts";
import { startMosquitto } from "../../workbook/broker/mosquitto.ts";
import { listenerPorts, moveListeners } from "../../workbook/broker/mosquitto-setup.ts";
import { findMosquitto } from "../../workbook/broker/native.ts";
import { root } from "../../workbook/modules.ts";
import { createAuthority } from "../../workbook/security/certificates.ts";
import { knock } from "../../workbook/security/knock.ts";
import { refusals } from "../../workbook/security/refusals.ts";
import { drawRow } from "../../workbook/troubles/page.ts";
import { ProjectCopy } from "./fixtures/project-copy.ts";

const PATIENCE = 60_000;
/** Whether a Mosquitto can be had here at all. */
const available = findMosquitto() !== undefined || (await dockerProblem()) === undefined;
let project: ProjectCopy;

beforeAll(async () => {
  project = await ProjectCopy.make();
}, PATIENCE);
afterAll(() => project.remove());

test("lab 7's lesson has the table of refusals as it is kept", () => {
  const lesson = readFileSync(join(root, "exercises/07-security.md"), "utf8");
  expect(lesson).toContain(`${refusals.map(drawRow).join("\n")}\n\n`);
});

test.skipIf(!available)(
  "lab 7 shows a silent grant, a truthful refusal, and no attack that does harm",
  async () => {
    const { code, output } = await project.run("solutions/07-security.ts", [], {});
    expect(output).toMatch(/SUBACK #\d+ granted q1/);
    expect(output).toMatch(/SUBACK #\d+ refused: 135 Not authorized/);
    expect(output).toMatch("15 of 15 attacks did no harm");
    expect(output).not.toMatch("BROKEN");
    expect(code).toBe(0);
  },
  PATIENCE,
);

test.skipIf(available)("lab 7 says what it needs where there is no Mosquitto", async () => {
  const { code, output } = await project.run("solutions/07-security.ts", [], {});
  expect(output).toMatch("this needs Mosquitto, and there is none");
  expect(code).toBe(3);
});

test(
  "npm run certificates makes them once, and keeps the keys to their owner",
  async () => {
    await project.run("certificates", [], {});
    const again = await project.run("certificates", [], {});
    expect(again.output).toMatch("There are the certificates in certificates/");
    expect(again.code).toBe(0);
    if (process.platform === "win32") return;
    expect(statSync(join(project.folder, "certificates/broker.key")).mode & 0o077).toBe(0);
  },
  PATIENCE,
);

describe("a Mosquitto with a setup of its own", { timeout: PATIENCE }, () => {
  test.skipIf(!available)("finds its files, and is reached at each listener", async () => {
    const authority = await createAuthority("test");
    const { certificate, key } = await authority.issue({ name: "b", hosts: ["127.0.0.1"] });
    const broker = await startMosquitto({
      files: { "b.crt": certificate, "b.key": key },
      configuration: ({ path }) =>
        `log_dest stderr\nallow_anonymous true\nlistener 1883\nlistener 8883 0.0.0.0\ncertfile ${path("b.crt")}\nkeyfile ${path("b.key")}\n`,
    });
    onTestFinished(() => broker.stop());
    const ca = authority.certificate;
    for (const url of [
      `mqtt://127.0.0.1:${broker.ports.get(1883)}`,
      `mqtts://127.0.0.1:${broker.ports.get(8883)}`,
    ]) {
      const { client, answer } = await knock(url, { ca });
      expect(answer).toBe("CONNACK 0 Success");
      client?.end(true);
    }
  });

  test.skipIf(!available)("that does not start says what Mosquitto said", async () => {
    const starting = startMosquitto({
      configuration: () => "log_dest stderr\nlisten_on 1883\nlistener 1883\n",
    });
    await expect(starting).rejects.toThrow(ConfigurationRefused);
    await expect(starting).rejects.toHaveProperty(
      "complaint",
      expect.stringContaining('Unknown configuration variable "listen_on"'),
    );
  });

  test("is an environment's matter where there is neither Docker nor a mosquitto", async () => {
    vi.stubEnv("WORKBOOK_BROKER", "");
    vi.stubEnv("REQUIRE_DOCKER", "");
    vi.stubEnv("DOCKER_HOST", "tcp://127.0.0.1:1");
    vi.resetModules();
    vi.doMock("../../workbook/broker/native.ts", () => ({ findMosquitto: () => undefined }));
    onTestFinished(() => {
      vi.unstubAllEnvs();
      vi.doUnmock("../../workbook/broker/native.ts");
    });
    const alone = await import("../../workbook/broker/mosquitto.ts");
    await expect(alone.startMosquitto({ configuration: () => "" })).rejects.toMatchObject({
      name: "EnvironmentProblem",
      message: expect.stringContaining("this needs Mosquitto, and there is none"),
      next: "sudo apt install mosquitto, or brew install mosquitto, or start Docker",
    });
  });
});

test("listeners are found and moved, whatever address they name", () => {
  const text = "# listener 1\nlistener 8883 0.0.0.0\n  port 1884\nmax_connections 3\n";
  expect(listenerPorts(text)).toEqual([8883, 1884]);
  expect(moveListeners(text, (port) => `${port + 1} 127.0.0.1`)).toBe(
    "# listener 1\nlistener 8884 127.0.0.1\nlistener 1885 127.0.0.1\nmax_connections 3\n",
  );
});
