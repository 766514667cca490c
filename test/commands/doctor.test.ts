import { execFile } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dockerProblem } from "../../workbook/broker/docker-problem.ts";
import { root } from "../../workbook/modules.ts";
import { type Ended, ProjectCopy } from "../workbook/fixtures/project-copy.ts";

const PATIENCE = 120_000;
const nowhere = { DOCKER_HOST: "unix:///nowhere.sock", PATH: "" };
let project: ProjectCopy;

beforeAll(async () => {
  project = await ProjectCopy.make();
});
afterAll(() => project.remove());

function doctor(env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return project.run("doctor", [], { WORKBOOK_BROKER: "embedded", ...env });
}

describe("doctor", { timeout: PATIENCE }, () => {
  test("names what works", async () => {
    const { output, code } = await doctor();
    expect(output).toMatch(/^works +Node \d+\.\d+\.\d+; 20\.19 or newer is needed$/m);
    expect(output).toMatch(/^works +all \d+ packages are installed$/m);
    expect(output).toMatch(/^works +[\d,]+ MB are free in \S+$/m);
    expect(output).toMatch(
      /^works +the checks use Aedes \S+, embedded; a message and its PUBACK take [\d.]+ ms, through the tap [\d.]+ ms$/m,
    );
    expect(output).toContain("The workbook has what it needs.");
    expect(code).toBe(0);
  });

  test("names what is missing, and does without", async () => {
    const { output, code } = await doctor({ ...nowhere, WORKBOOK_BROKER: "" });
    expect(output).toMatch(/^missing +Docker: DOCKER_HOST is unix:\/\/\/nowhere\.sock, and/m);
    expect(output).toMatch(/^ +Next: correct DOCKER_HOST, or unset it/m);
    expect(output).toMatch(/^missing +docker compose;/m);
    expect(output).toMatch(/^works +the checks use (Aedes|Mosquitto)/m);
    expect(code).toBe(0);
  });

  test("fails where what is asked for cannot be had", async () => {
    const { output, code } = await doctor({ ...nowhere, WORKBOOK_BROKER: "docker" });
    expect(output).toMatch(/^fails +no broker for the checks: DOCKER_HOST is/m);
    expect(output).toContain("The workbook cannot work before what fails is mended.");
    expect(code).toBe(3);
  });

  test("says that the broker of MQTT_URL is not there", async () => {
    const { output, code } = await doctor({ MQTT_URL: "mqtt://127.0.0.1:1" });
    expect(output).toMatch(/^fails +no broker for the checks: no broker at MQTT_URL/m);
    expect(output).toContain("or unset MQTT_URL");
    expect(code).toBe(3);
  });

  test("says what holds port 1883", async (context) => {
    const mail = createServer((socket) => socket.on("error", () => {}).end("220 mail\r\n"));
    const listening = await new Promise<boolean>((resolve) => {
      mail.once("error", () => resolve(false));
      mail.listen(1883, "127.0.0.1", () => resolve(true));
    });
    if (!listening) context.skip("something else already listens on port 1883");
    context.onTestFinished(() => {
      mail.close();
    });
    const { output, code } = await doctor();
    expect(output).toMatch(/^missing +a broker on port 1883; the port is taken by something/m);
    expect(code).toBe(0);
  });

  test("has no colour and no control character where there is no terminal", async () => {
    const { output } = await doctor({ FORCE_COLOR: "" });
    expect(output).not.toMatch(/[^\P{C}\n]/u);
    for (const line of output.trimEnd().split("\n\n")[0]?.split("\n") ?? []) {
      expect(line).toMatch(/^(works|missing|fails) |^ +Next: /);
    }
  });
});

// Where Docker is required, its absence fails this test and must not skip it.
const skip = process.env.REQUIRE_DOCKER !== "1" && (await dockerProblem()) !== undefined;

test.skipIf(skip)("doctor looks at Docker and its images", { timeout: PATIENCE }, async () => {
  const here = await doctor();
  expect(here.output).toMatch(/^works +Docker answers$/m);
  expect(here.output).toMatch(/^works +the image \S+ is on this machine$/m);
  const other = await doctor({ MOSQUITTO_IMAGE: "example.invalid/mosquitto:1" });
  expect(other.output).toMatch(/^missing +the image example\.invalid\/mosquitto:1 is not on/m);
  expect(other.output).toMatch(/^ +Next: docker pull example\.invalid\/mosquitto:1$/m);
});

describe("an installation that is not complete", { timeout: PATIENCE }, () => {
  /** The project with packages of its own, to take away from. */
  async function makeIncomplete(change: (packages: string) => Promise<void>): Promise<ProjectCopy> {
    const copy = await ProjectCopy.make();
    const packages = join(copy.folder, "node_modules");
    await rm(packages);
    await mkdir(packages);
    for (const name of await readdir(join(root, "node_modules"))) {
      await symlink(join(root, "node_modules", name), join(packages, name), "junction");
    }
    await change(packages);
    return copy;
  }

  test("no packages at all: every command says so", async () => {
    const copy = await makeIncomplete(async (packages) => {
      await rm(packages, { recursive: true });
    });
    for (const command of ["doctor", "start", "check"]) {
      const { output, code } = await copy.run(command, [], {});
      expect(output).toBe("Environment: the packages are not installed.\nNext:        npm ci\n");
      expect(code).toBe(3);
    }
    await copy.remove();
  });

  test("one is missing, and one has another version", async () => {
    const copy = await makeIncomplete(async (packages) => {
      await rm(join(packages, "mqtt"));
      const aedes = join(packages, "aedes");
      await rm(aedes);
      await cp(join(root, "node_modules/aedes/package.json"), join(aedes, "package.json"));
      const file = join(aedes, "package.json");
      const own = JSON.parse(await readFile(file, "utf8"));
      await writeFile(file, JSON.stringify({ ...own, version: "0.0.1" }));
    });
    const doctor = await copy.run("doctor", [], {});
    expect(doctor.output).toMatch(
      /^fails +the packages are not as they should be: aedes is 0\.0\.1 and should be \S+, mqtt is missing$/m,
    );
    expect(doctor.output).toMatch(/^ +Next: npm ci$/m);
    expect(doctor.output).not.toContain("Docker");
    expect(doctor.code).toBe(3);
    const script = await copy.run("tap", [], { WORKBOOK_BROKER: "embedded" });
    expect(script.output).toMatch(/^Environment: the package \S+ is missing\.\nNext: +npm ci$/m);
    expect(script.code).toBe(3);
    await copy.remove();
  });

  test("Node is too old", async () => {
    const copy = await ProjectCopy.make();
    const file = join(copy.folder, "package.json");
    const own = JSON.parse(await readFile(file, "utf8"));
    // No old Node is here to be tried, so the workbook wants a newer one than there is.
    await writeFile(file, JSON.stringify({ ...own, engines: { node: ">=99.1" } }));
    const { output, code } = await copy.run("doctor", [], {});
    expect(output).toBe(
      `Environment: this is Node ${process.versions.node}, and the workbook needs 99.1 or newer.\n` +
        "Next:        install it from https://nodejs.org\n",
    );
    expect(code).toBe(3);
    await copy.remove();
  });
});

test("each command of package.json starts the way that says what is missing", {
  timeout: PATIENCE,
}, async () => {
  const { scripts } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  for (const [name, script] of Object.entries<string>(scripts)) {
    if (script.includes("workbook/cli/")) expect(script).toBe(`node workbook/cli/run.js ${name}`);
  }
  const help = await new Promise<string>((resolve) => {
    const args = ["workbook/cli/run.js", "tap", "--help"];
    execFile(process.execPath, args, { cwd: root }, (_error, stdout) => resolve(stdout));
  });
  expect(help).toContain("npm run tap -- [options]");
});
