import { expect, test, vi } from "vitest";
import { dockerProblem } from "../../../workbook/broker/docker-problem.ts";
import { expectTold } from "../fixtures/last-words.ts";

// A machine on which there is no socket of Docker's, wherever one looks.
vi.mock("node:fs", async (original) => ({ ...(await original()), existsSync: () => false }));

test("a machine without Docker", async () => {
  vi.stubEnv("DOCKER_HOST", "");
  const problem = await dockerProblem();
  expect(problem?.message).toContain("there is no Docker socket at /var/run/docker.sock");
  expectTold(`${problem?.message}\n${problem?.next}`, "dockerMissing");
});
