import { existsSync } from "node:fs";
import { get, type RequestOptions } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";
import { EnvironmentProblem } from "../environment-problem.ts";

const patienceMs = 3000;
const start = "start Docker: sudo systemctl start docker, or open Docker Desktop";

/**
 * Says why Docker cannot be used, or undefined when it can. Asks the daemon itself, since
 * testcontainers hides the cause, waits for ever on a daemon that never answers, and falls back to
 * the default socket when DOCKER_HOST is wrong. Takes milliseconds, and 3 s at most.
 */
export async function dockerProblem(): Promise<EnvironmentProblem | undefined> {
  const host = process.env.DOCKER_HOST;
  if (host) {
    const cause = await whyNoAnswer(host);
    if (!cause) return undefined;
    return new EnvironmentProblem(
      `DOCKER_HOST is ${host}, and ${cause.message}`,
      cause.next === start ? `correct DOCKER_HOST, or unset it, or ${start}` : cause.next,
    );
  }

  let first: Cause | undefined;
  for (const socket of defaultSockets()) {
    const cause = await whyNoAnswer(socket);
    if (!cause) return undefined;
    first ??= cause;
    // testcontainers tries the same sockets in the same order and would hang on this one.
    if (cause.hangs) break;
  }
  return new EnvironmentProblem(
    first?.message ?? "there is no Docker here: no socket at /var/run/docker.sock or in your home",
    first?.next ?? `${start}; if \`docker info\` works, set DOCKER_HOST to the address it uses`,
  );
}

interface Cause {
  message: string;
  next: string;
  hangs?: true;
}

/** Where testcontainers looks without DOCKER_HOST, in its order. */
function defaultSockets(): string[] {
  if (process.platform === "win32") return ["npipe:////./pipe/docker_engine"];
  return [
    "/var/run/docker.sock",
    join(process.env.XDG_RUNTIME_DIR ?? "/nowhere", "docker.sock"),
    join(homedir(), ".docker/run/docker.sock"),
    join(homedir(), ".docker/desktop/docker.sock"),
    `/run/user/${process.getuid?.()}/docker.sock`,
  ]
    .filter((path) => existsSync(path))
    .map((path) => `unix://${path}`);
}

function whyNoAnswer(address: string): Promise<Cause | undefined> {
  const target = requestOptions(address);
  if (!target) {
    return Promise.resolve({
      message: "that is not an address like unix:///var/run/docker.sock or tcp://127.0.0.1:2375",
      next: "correct DOCKER_HOST, or unset it",
    });
  }
  const where = target.socketPath ?? `${target.host}:${target.port}`;
  return new Promise((resolve) => {
    const deadline = setTimeout(() => {
      resolve({
        message: `Docker at ${where} accepts the connection but has not answered within 3 s`,
        next: "restart Docker: sudo systemctl restart docker, or restart Docker Desktop",
        hangs: true,
      });
      request.destroy();
    }, patienceMs);
    const request = get({ ...target, path: "/_ping", agent: false }, (response) => {
      response.resume();
      if (response.statusCode === 200) return done(undefined);
      const message = `what answers at ${where} is not Docker (HTTP ${response.statusCode})`;
      done({ message, next: start });
    });
    request.on("error", (error: NodeJS.ErrnoException) => done(explain(error, where)));

    function done(cause: Cause | undefined): void {
      clearTimeout(deadline);
      resolve(cause);
    }
  });
}

function requestOptions(address: string): RequestOptions | undefined {
  if (!URL.canParse(address)) return undefined;
  const { protocol, hostname, port, pathname } = new URL(address);
  if (protocol === "unix:" || protocol === "npipe:") return { socketPath: pathname };
  if (protocol === "tcp:" || protocol === "http:") return { host: hostname, port: port || "2375" };
  return undefined;
}

function explain(error: NodeJS.ErrnoException, where: string): Cause {
  switch (error.code) {
    case "EACCES":
    case "EPERM":
      return {
        message: `you are not allowed to use the Docker socket ${where}`,
        next: "sudo usermod -aG docker $USER, then log out and in again",
      };
    case "ENOENT":
      return { message: `there is no Docker socket at ${where}`, next: start };
    case "ECONNREFUSED":
      return { message: `no Docker is listening at ${where}`, next: start };
    default:
      return { message: `Docker at ${where} cannot be reached (${error.message})`, next: start };
  }
}
