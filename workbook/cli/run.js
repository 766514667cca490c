// Runs a command of the workbook: `node workbook/cli/run.js doctor`. Plain JavaScript without packages,
// and for old versions of Node too: it says what is missing where nothing else would run.
import { existsSync, readFileSync } from "node:fs";

const root = new URL("../../", import.meta.url);
const wanted = JSON.parse(readFileSync(new URL("package.json", root), "utf8")).engines.node;
const [, major, minor] = /(\d+)\.(\d+)/.exec(wanted);
const [ownMajor, ownMinor] = process.versions.node.split(".").map(Number);
const tooOld = ownMajor < Number(major) || (ownMajor === Number(major) && ownMinor < Number(minor));

if (tooOld) {
  giveUp(
    `this is Node ${process.versions.node}, and the workbook needs ${major}.${minor} or newer`,
    "install it from https://nodejs.org",
  );
} else if (!existsSync(new URL("node_modules/tsx", root))) {
  giveUp("the packages are not installed", "npm ci");
} else {
  // The command finds its words where it would if it had been started itself.
  const [command] = process.argv.splice(2, 1);
  import("tsx")
    .then(() => import(`./${command}.ts`))
    .catch((error) => {
      if (error.code !== "ERR_MODULE_NOT_FOUND" || !/Cannot find package/.test(error.message)) {
        throw error;
      }
      const name = /Cannot find package '(.*?)'/.exec(error.message)[1];
      giveUp(`the package ${name} is missing`, "npm ci");
    });
}

function giveUp(what, next) {
  console.error(`Environment: ${what}.\nNext:        ${next}`);
  process.exitCode = 3;
}
