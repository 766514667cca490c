import { execFileSync, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../workbook/modules.ts";
import { inherited, ProjectCopy } from "../workbook/fixtures/project-copy.ts";

const exercise = "exercises/01-basic-pubsub.ts";
const lesson = "exercises/01-basic-pubsub.md";

/** The commands that the README tells a learner to type for an update, as they stand there. */
async function updateSteps(): Promise<string[]> {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const [, block = ""] = readme.match(/## Updating the workbook[\s\S]*?```\n([\s\S]*?)```/) ?? [];
  return block.trim().split("\n");
}

function git(folder: string, ...words: string[]): string {
  const env = { ...inherited(), GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  return execFileSync("git", words, { cwd: folder, encoding: "utf8", env, stdio: "pipe" });
}

/** A commit of all that is in a folder, by someone. */
function commit(folder: string, message: string): void {
  git(folder, "add", "-A");
  git(folder, "-c", "user.name=M", "-c", "user.email=m@localhost", "commit", "-qm", message);
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  await writeFile(file, change(await readFile(file, "utf8")));
}

const noGit = spawnSync("git", ["--version"]).status !== 0;

test.skipIf(noGit)(
  "an update brings what is new, and keeps every answer",
  {
    timeout: 120_000,
  },
  async ({ onTestFinished }) => {
    const upstream = await ProjectCopy.make();
    const parent = await mkdtemp(join(tmpdir(), "workbook-clone-"));
    const clone = join(parent, "workbook");
    onTestFinished(async () => {
      await upstream.remove();
      await rm(parent, { recursive: true });
    }, 60_000);
    git(upstream.folder, "init", "-q", "-b", "main");
    commit(upstream.folder, "The workbook");
    git(parent, "clone", "-q", upstream.folder, clone);
    git(clone, "config", "user.name", "Anna");
    git(clone, "config", "user.email", "anna@localhost");

    // The learner writes one answer, and notes above another one.
    const mine = "return connectAsync(brokerUrl, { protocolVersion: 5, clientId });";
    await edit(join(clone, exercise), (text) =>
      text
        .replace('throw new Todo("createClient");', mine)
        .replace("Publish each reading as one message:", "My notes. Publish each reading:"),
    );

    // Meanwhile the workbook gets better, in other lines, and in the very same ones.
    await edit(join(upstream.folder, lesson), (text) =>
      text.replace("# Publish", "# Learn to publish"),
    );
    await edit(join(upstream.folder, exercise), (text) =>
      text
        .replace('throw new Todo("createClient");', 'throw new Todo("createClient"); // new')
        .replace("Publish each reading as one message:", "Publish every reading as a message:")
        .replace("Would a broker deliver", "Tell whether a broker would deliver"),
    );
    commit(upstream.folder, "Say it better");

    const steps = await updateSteps();
    expect(steps).toContain("npm ci");
    for (const step of steps.filter((line) => line.startsWith("git "))) {
      execFileSync(step, { cwd: clone, shell: true, env: inherited(), stdio: "pipe" });
    }

    const after = await readFile(join(clone, exercise), "utf8");
    expect(after).toMatch(mine);
    expect(after).toMatch("My notes. Publish each reading:");
    expect(after).toMatch("Tell whether a broker would deliver");
    expect(after).not.toMatch("<<<<<<<");
    expect(await readFile(join(clone, lesson), "utf8")).toMatch("# Learn to publish");
    expect(git(clone, "status", "--porcelain")).toBe("");
  },
);
