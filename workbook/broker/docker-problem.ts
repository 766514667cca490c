import { existsSync } from "node:fs";
import { get, type RequestOptions } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";
import { EnvironmentProblem } from "../environment-problem.ts";
import { asEnvironmentProblem, type Diagnosis, diagnose } from "../troubles/diagnosis.ts";

const patienceMs = 3000;

/**
 * Says why Docker cannot be used, or undefined when it can. Asks the daemon itself, since
 * testcontainers hides the cause, waits for ever on a daemon that never answers, and falls back to
 * the default socket when DOCKER_HOST is wrong. Takes milliseconds, and 3 s at most.
 */
export async function dockerProblem(): Promise<EnvironmentProblem | undefined> {
  const host = process.env.DOCKER_HOST;
  if (host) {
    const found = await whyNoAnswer(host);
    if (!found) return undefined;
    const { name, symptom, cause, next } = found;
    const isThere = ["dockerForbidden", "dockerHangs", "dockerHostInvalid"].includes(name);
    return new EnvironmentProblem(
      `DOCKER_HOST is ${host}, and ${symptom}: ${cause}`,
      isThere ? next : `correct DOCKER_HOST, or unset it, or ${next}`,
    );
  }

  let first: Diagnosis | undefined;
  for (const socket of defaultSockets()) {
    const found = await whyNoAnswer(socket);
    if (!found) return undefined;
    first ??= found;
    // testcontainers tries the same sockets in the same order and would hang on this one.
    if (found.name === "dockerHangs") break;
  }
  return asEnvironmentProblem(first ?? diagnose("dockerMissing"));
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

function whyNoAnswer(address: string): Promise<Diagnosis | undefined> {
  const target = requestOptions(address);
  if (!target) return Promise.resolve(diagnose("dockerHostInvalid"));
  const where = target.socketPath ?? `${target.host}:${target.port}`;
  return new Promise((resolve) => {
    const deadline = setTimeout(() => {
      resolve(diagnose("dockerHangs", { where }));
      request.destroy();
    }, patienceMs);
    const request = get({ ...target, path: "/_ping", agent: false }, (response) => {
      response.resume();
      if (response.statusCode === 200) return done(undefined);
      done(diagnose("dockerStranger", { where, status: String(response.statusCode) }));
    });
    request.on("error", (error: NodeJS.ErrnoException) => done(explain(error, where)));

    function done(cause: Diagnosis | undefined): void {
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

function explain(error: NodeJS.ErrnoException, where: string): Diagnosis {
  switch (error.code) {
    case "EACCES":
    case "EPERM":
      return diagnose("dockerForbidden", { where });
    case "ENOENT":
      return diagnose("dockerSocketMissing", { where });
    case "ECONNREFUSED":
      return diagnose("dockerNotListening", { where });
    default:
      return diagnose("dockerUnreachable", { where, error: error.message });
  }
}
