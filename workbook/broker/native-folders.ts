import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRunning } from "./lifetime.ts";

/** This user's folders, one per running broker, each named `<owner's pid>-<random>`. */
const folders = join(tmpdir(), `mqtt-workbook-${process.getuid?.() ?? "user"}`);

/** What is in a broker's folder: all that the next start needs to end it when its owner was killed. */
export const configurationIn = (folder: string) => join(folder, "mosquitto.conf");
export const pidFileIn = (folder: string) => join(folder, "pid");

/** Makes a folder for a broker that this process is about to start. Only this user can look inside. */
export function newFolder(): string {
  mkdirSync(folders, { recursive: true, mode: 0o700 });
  return mkdtempSync(join(folders, `${process.pid}-`));
}

/** Ends the brokers of owners that were killed. */
export function sweep(): void {
  if (!existsSync(folders)) return;
  for (const name of readdirSync(folders)) {
    if (isRunning(Number.parseInt(name, 10))) continue;
    const folder = join(folders, name);
    try {
      const pid = Number(readFileSync(pidFileIn(folder), "utf8"));
      // The number may by now be a stranger's, so the command line has to name our file.
      if (commandLine(pid).includes(configurationIn(folder))) process.kill(pid, "SIGKILL");
    } catch {
      // No pid was noted, or there is no such process any more.
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws when there is no such process, or no way to tell, as on Windows; then nothing is ended */
function commandLine(pid: number): string {
  if (existsSync("/proc/self/cmdline")) return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  const options = ["-ww", "-o", "command=", "-p", String(pid)];
  return execFileSync("ps", options, { encoding: "utf8", stdio: "pipe" });
}
