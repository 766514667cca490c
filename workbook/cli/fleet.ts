import { parseArgs } from "node:util";
import { chooseBroker } from "../broker/choose.ts";
import { onExit } from "../broker/lifetime.ts";
import { EnvironmentProblem } from "../environment-problem.ts";
import { Fleet } from "../fleet/fleet.ts";
import { type FleetServer, serveFleet } from "../fleet/server.ts";
import { paint } from "../paint.ts";
import { diagnoseError } from "../troubles/from-error.ts";
import { UsageError } from "../usage-error.ts";
import { exitCodes, runCommand } from "./usage.ts";

const help = `npm run fleet [-- options]

Starts a fleet of devices, and a page that shows it: who is online and why not,
what they measure, and every packet on the wire as it crosses, byte by byte.
On the page you cut lines, stop devices, and send commands. Ctrl-C ends it all.

  --devices 8     how many devices, 1 to 50
  --seed 1        the same number gives the same readings
  --port 8080     the page's port, on 127.0.0.1 only; 0 takes a free one
  --help          print this

The broker is the one that scripts use: MQTT_URL, or what listens on port 1883,
or one that is started here. WORKBOOK_BROKER=docker, native or embedded takes
just that one. The fleet's topics begin with fleet/, and when it ends the broker
keeps nothing of it.
`;

interface Options {
  readonly devices: number;
  readonly seed: number;
  readonly port: number;
}

/** `npm run fleet`: a fleet of devices with a page that shows it. Runs until a signal ends it. */
async function fleetCommand(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(help);
    return exitCodes.fine;
  }
  const { broker, passedOver } = await chooseBroker("script");
  for (const reason of passedOver) console.log(paint.dim(`Note: ${reason}.`));
  let fleet: Fleet | undefined;
  let server: FleetServer;
  try {
    fleet = await openFleet(() => Fleet.open(broker, options.devices, options.seed));
    server = await serveFleet(fleet, options.port);
  } catch (error) {
    await fleet?.close();
    await broker.stop();
    throw error;
  }

  const { devices } = options;
  console.log(`Broker: ${broker.name}`);
  console.log(`${devices} ${devices === 1 ? "device" : "devices"}, seed ${options.seed}`);
  console.log(`Open ${paint.bold(server.url)} in a browser. Ctrl-C ends the fleet.`);
  const { tapUrl } = fleet.snapshot;
  console.log(`Programs of your own are seen there, too, when they connect to ${tapUrl}`);

  const running = fleet;
  onExit(async () => {
    await server.close();
    await running.close();
    await broker.stop();
    // Ctrl-C is how this command is meant to end: no failure, as the signal's own exit code would say.
    process.exit(exitCodes.fine);
  });
  return new Promise(() => {});
}

/** What the broker says against the fleet becomes what to do about it. */
async function openFleet(open: () => Promise<Fleet>): Promise<Fleet> {
  try {
    return await open();
  } catch (error) {
    const trouble = diagnoseError(error);
    if (error instanceof EnvironmentProblem || trouble === undefined) throw error;
    throw new EnvironmentProblem(
      `the broker does not take the fleet: ${trouble.cause}`,
      trouble.next,
      { cause: error },
    );
  }
}

/** What was typed, or `undefined` where only help was asked for. */
function readOptions(args: readonly string[]): Options | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  return {
    devices: readNumber("devices", values.devices, 1, 50),
    seed: readNumber("seed", values.seed, 0, 0xffffffff),
    port: readNumber("port", values.port, 0, 65_535),
  };
}

function readNumber(name: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (/^\d{1,10}$/.test(text) && number >= least && number <= most) return number;
  throw new UsageError(
    `--${name} ${text} is no number from ${least} to ${most}`,
    `npm run fleet -- --${name} ${least === 0 ? 0 : 8}`,
  );
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        devices: { type: "string", default: "8" },
        seed: { type: "string", default: "1" },
        port: { type: "string", default: "8080" },
        help: { type: "boolean", default: false },
      },
    });
    return values;
  } catch (error) {
    // Node's message goes on about positional arguments, which this command has none of.
    const [first = ""] = (error as Error).message.split(/[.\n]/);
    throw new UsageError(first, "npm run fleet -- --help");
  }
}

await runCommand(fleetCommand);
