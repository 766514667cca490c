import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getContainerRuntimeClient } from "testcontainers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { dockerProblem, startDocker } from "../../workbook/broker/docker.ts";
import { EnvironmentProblem } from "../../workbook/environment-problem.ts";
import { expectBrokerWorks } from "./fixtures/broker-works.ts";
import { runScript } from "./fixtures/script.ts";

// Where Docker is required, its absence fails these tests and must not skip them.
const skip = process.env.REQUIRE_DOCKER !== "1" && (await dockerProblem()) !== undefined;

afterEach(() => {
  vi.unstubAllEnvs();
});

describe.skipIf(skip)("Mosquitto in Docker", { timeout: 60_000 }, () => {
  it("starts on loopback, works, says what it is, and stops for good", async () => {
    const broker = await startDocker();
    expect(broker.kind).toBe("docker");
    expect(broker.name).toMatch(/^Mosquitto \d+\.\d+\.\d+ in Docker \(\S+\)$/);
    await expectBrokerWorks(broker.url);
    const [container] = await containersOf(process.pid);
    expect(container?.Ports.map(({ IP }) => IP)).toEqual(["127.0.0.1"]);
    await broker.stop();
    await broker.stop();
    expect(await containersOf(process.pid)).toEqual([]);
  });

  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    it(`is removed when its owner gets ${signal}`, async () => {
      const script = runScript("start-broker.ts", ["docker", "wait"]);
      await script.printed("url");
      script.kill(signal);
      await script.ended;
      expect(await containersOf(script.pid)).toEqual([]);
    });
  }

  it("is removed when another signal handler exits at once", async () => {
    const script = runScript("start-broker.ts", ["docker", "impatient"]);
    await script.printed("url");
    script.kill("SIGTERM");
    await script.ended;
    await expectRemoved(script.pid);
  });

  for (const [how, code] of Object.entries({ end: 0, exit: 7, throw: 1 })) {
    it(`is removed when its owner ends without stopping it (${how})`, async () => {
      const script = runScript("start-broker.ts", ["docker", how]);
      await script.printed("url");
      expect(await script.ended).toBe(code);
      await expectRemoved(script.pid);
    });
  }

  it("is swept by the next start when its owner was killed", async () => {
    const script = runScript("start-broker.ts", ["docker", "wait"]);
    await script.printed("url");
    script.kill("SIGKILL");
    await script.ended;
    expect(await containersOf(script.pid)).toHaveLength(1);
    const next = await startDocker();
    expect(await containersOf(script.pid)).toEqual([]);
    await next.stop();
  });

  it("says so when the image cannot be pulled", async () => {
    vi.stubEnv("MOSQUITTO_IMAGE", "127.0.0.1:1/no-such/mosquitto:1");
    const problem = await startDocker().catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(EnvironmentProblem);
    const { message, next } = problem as EnvironmentProblem;
    expect(message).toMatch(/^Docker cannot pull 127\.0\.0\.1:1\/no-such\/mosquitto:1: \S/);
    expect(message).not.toContain("\n");
    expect(next).toContain("mosquitto/build-local-image.sh");
  });
});

describe("dockerProblem", { timeout: 10_000 }, () => {
  it("names a DOCKER_HOST where there is no socket, and does not fall back to another", async () => {
    vi.stubEnv("DOCKER_HOST", "unix:///no/such/docker.sock");
    expect(await dockerProblem()).toMatchObject({
      message:
        "DOCKER_HOST is unix:///no/such/docker.sock, and there is no Docker socket at /no/such/docker.sock: Docker is not running, or listens elsewhere",
      next: expect.stringContaining("unset it"),
    });
    await expect(startDocker()).rejects.toThrow(EnvironmentProblem);
  });

  it("names a DOCKER_HOST where nothing listens", async () => {
    vi.stubEnv("DOCKER_HOST", "tcp://127.0.0.1:1");
    expect((await dockerProblem())?.message).toBe(
      "DOCKER_HOST is tcp://127.0.0.1:1, and no Docker is listening at 127.0.0.1:1: Docker has ended and left its socket behind, or the address is wrong",
    );
  });

  it.each(["127.0.0.1", "ssh://me@there", "nonsense://"])(
    "says that %s is no address",
    async (host) => {
      vi.stubEnv("DOCKER_HOST", host);
      expect((await dockerProblem())?.message).toContain("that is not an address like unix:///");
    },
  );

  it("does not wait longer than 3 s for a daemon that accepts and never answers", async () => {
    await using socket = await listen(() => {});
    vi.stubEnv("DOCKER_HOST", `unix://${socket.path}`);
    expect(await dockerProblem()).toMatchObject({
      message: expect.stringContaining("has not answered within 3 s"),
      next: expect.stringContaining("restart Docker"),
    });
  });

  it("tells something else that answers from Docker", async () => {
    await using socket = await listen((peer) => peer.end("HTTP/1.1 404 Not Found\r\n\r\n"));
    vi.stubEnv("DOCKER_HOST", `unix://${socket.path}`);
    expect((await dockerProblem())?.message).toContain("is not Docker (HTTP 404)");
  });

  it.skipIf(process.platform === "win32")("says when you may not use the socket", async () => {
    await using socket = await listen(() => {});
    chmodSync(socket.path, 0);
    vi.stubEnv("DOCKER_HOST", `unix://${socket.path}`);
    // Root may use any socket, so be nobody for a moment.
    const root = process.getuid?.() === 0;
    if (root) process.seteuid?.(65_534);
    const problem = await dockerProblem().finally(() => root && process.seteuid?.(0));
    expect(problem).toMatchObject({
      message: expect.stringContaining("you are not allowed to use the Docker socket"),
      next: expect.stringContaining("usermod -aG docker"),
    });
  });
});

async function containersOf(pid: number) {
  const { dockerode } = (await getContainerRuntimeClient()).container;
  const label = [`mqtt-workbook.owner.pid=${pid}`];
  return dockerode.listContainers({ all: true, filters: { label } });
}

/** One that a process asked for on its way out takes a moment to go. */
async function expectRemoved(pid: number): Promise<void> {
  await expect.poll(() => containersOf(pid), { timeout: 10_000, interval: 50 }).toEqual([]);
}

/** A socket in a folder of its own that does this to whoever connects. */
async function listen(onConnection: (peer: Socket) => void) {
  const folder = mkdtempSync(join(tmpdir(), "not-docker-"));
  const path = join(folder, "docker.sock");
  const server = createServer(onConnection).listen(path);
  await once(server, "listening");
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      server.close();
      rmSync(folder, { recursive: true });
    },
  };
}
