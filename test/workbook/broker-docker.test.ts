import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer as createHttpServer, request as httpRequest } from "node:http";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { getContainerRuntimeClient } from "testcontainers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { dockerProblem, startDocker } from "../../workbook/broker/docker.ts";
import { EnvironmentProblem } from "../../workbook/environment-problem.ts";
import type { TroubleName } from "../../workbook/troubles/table.ts";
import { expectBrokerWorks } from "./fixtures/broker-works.ts";
import { expectTold } from "./fixtures/last-words.ts";
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
    expectTold(`${message}\n${next}`, "dockerNoImage");
  });

  it("says so when Docker runs on another machine", async () => {
    await using elsewhere = await dockerElsewhere();
    vi.stubEnv("DOCKER_HOST", `unix://${elsewhere.path}`);
    // In a process of its own: testcontainers asks where Docker is only once.
    const script = runScript("start-broker.ts", ["docker", "end"]);
    const error = await script.printed("url").catch((thrown: unknown) => thrown);
    expectTold(String(error), "dockerElsewhere");
    await script.ended;
    vi.unstubAllEnvs();
    await expectRemoved(script.pid);
  });
});

describe("dockerProblem", { timeout: 10_000 }, () => {
  it("names a DOCKER_HOST where there is no socket, and does not fall back to another", async () => {
    vi.stubEnv("DOCKER_HOST", "unix:///no/such/docker.sock");
    const problem = await expectProblem("dockerSocketMissing");
    expect(problem.message).toContain("DOCKER_HOST is unix:///no/such/docker.sock, and there is");
    expect(problem.next).toContain("correct DOCKER_HOST, or unset it, or");
    await expect(startDocker()).rejects.toThrow(EnvironmentProblem);
  });

  it("names a DOCKER_HOST where nothing listens", async () => {
    vi.stubEnv("DOCKER_HOST", "tcp://127.0.0.1:1");
    const { message } = await expectProblem("dockerNotListening");
    expect(message).toContain("no Docker is listening at 127.0.0.1:1");
  });

  it("names a DOCKER_HOST that nobody knows", async () => {
    vi.stubEnv("DOCKER_HOST", "tcp://no-such-machine.invalid:2375");
    const { message } = await expectProblem("dockerUnreachable");
    expect(message).toContain("Docker at no-such-machine.invalid:2375 cannot be reached");
  });

  it.each(["127.0.0.1", "ssh://me@there", "nonsense://"])(
    "says that %s is no address",
    async (host) => {
      vi.stubEnv("DOCKER_HOST", host);
      const { message } = await expectProblem("dockerHostInvalid");
      expect(message).toContain("that is not an address like unix:///");
    },
  );

  it("does not wait longer than 3 s for a daemon that accepts and never answers", async () => {
    await using socket = await listen(() => {});
    vi.stubEnv("DOCKER_HOST", `unix://${socket.path}`);
    const { message } = await expectProblem("dockerHangs");
    expect(message).toContain("has not answered within 3 s");
  });

  it("tells something else that answers from Docker", async () => {
    await using socket = await listen((peer) => peer.end("HTTP/1.1 404 Not Found\r\n\r\n"));
    vi.stubEnv("DOCKER_HOST", `unix://${socket.path}`);
    const { message } = await expectProblem("dockerStranger");
    expect(message).toContain("is not Docker (HTTP 404)");
  });

  it.skipIf(process.platform === "win32")("says when you may not use the socket", async () => {
    await using socket = await listen(() => {});
    chmodSync(socket.path, 0);
    vi.stubEnv("DOCKER_HOST", `unix://${socket.path}`);
    // Root may use any socket, so be nobody for a moment.
    const root = process.getuid?.() === 0;
    if (root) process.seteuid?.(65_534);
    const problem = expectProblem("dockerForbidden").finally(() => root && process.seteuid?.(0));
    expect((await problem).message).toContain("you are not allowed to use the Docker socket");
  });
});

/** What stands in the way of Docker: this trouble, told with its cause and what to do. */
async function expectProblem(name: TroubleName): Promise<EnvironmentProblem> {
  const problem = await dockerProblem();
  if (problem === undefined) throw new Error("nothing stands in the way");
  expectTold(`${problem.message}\n${problem.next}`, name);
  return problem;
}

async function containersOf(pid: number) {
  const { dockerode } = (await getContainerRuntimeClient()).container;
  const label = [`mqtt-workbook.owner.pid=${pid}`];
  return dockerode.listContainers({ all: true, filters: { label } });
}

/** One that a process asked for on its way out takes a moment to go. */
async function expectRemoved(pid: number): Promise<void> {
  await expect.poll(() => containersOf(pid), { timeout: 10_000, interval: 50 }).toEqual([]);
}

/**
 * Docker as it is where it runs on another machine: the ports that it tells of are not to be found here.
 * Stands before the real one and changes what it says of them.
 */
async function dockerElsewhere() {
  const socketPath = "/var/run/docker.sock";
  const folder = mkdtempSync(join(tmpdir(), "docker-elsewhere-"));
  const path = join(folder, "docker.sock");
  const server = createHttpServer((request, response) => {
    const { method, headers, url = "" } = request;
    const onwards = httpRequest({ socketPath, path: url, method, headers }, async (answer) => {
      const { "content-length": _, ...rest } = answer.headers;
      response.writeHead(answer.statusCode ?? 500, rest);
      if (!/\/containers\/\w+\/json/.test(url)) return answer.pipe(response);
      response.end((await text(answer)).replace(/"HostPort":"\d+"/g, '"HostPort":"1"'));
    });
    onwards.on("error", () => response.destroy());
    request.pipe(onwards);
  }).listen(path);
  await once(server, "listening");
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      rmSync(folder, { recursive: true });
    },
  };
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
