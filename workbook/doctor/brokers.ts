import { performance } from "node:perf_hooks";
import { connectAsync } from "mqtt";
import type { Broker } from "../broker/broker.ts";
import { chooseBroker } from "../broker/choose.ts";
import { findMosquitto } from "../broker/native.ts";
import { probeBroker } from "../broker/probe.ts";
import { EnvironmentProblem } from "../environment-problem.ts";
import { adviseOnTap } from "../troubles/from-tap.ts";
import { openTap } from "../wire/tap.ts";
import type { Finding } from "./finding.ts";

/** A check waits 4 s for each packet: beyond this round trip, in milliseconds, that may become short. */
const SLOW = 200;

export async function mosquitto(): Promise<Finding> {
  const path = findMosquitto();
  if (path !== undefined) return { state: "works", what: `Mosquitto is installed: ${path}` };
  return { state: "missing", what: "Mosquitto; Docker or the embedded broker will do" };
}

export async function port1883(): Promise<Finding> {
  const found = await probeBroker(new URL("mqtt://127.0.0.1:1883"));
  switch (found.answer) {
    case "broker":
      return { state: "works", what: "a broker listens on port 1883: scripts will use it" };
    case "nothing":
      return { state: "missing", what: "a broker on port 1883; scripts start their own" };
    default:
      return {
        state: "missing",
        what: `a broker on port 1883; the port is taken by something we cannot use: ${found.why}`,
        next: "end it before docker compose up -d, or leave it: scripts start their own broker",
      };
  }
}

/** The broker that the checks would use, with a message through a tap to it and back. */
export async function broker(earlier: readonly Finding[]): Promise<Finding> {
  let chosen: Broker;
  let passedOver: readonly string[];
  try {
    ({ broker: chosen, passedOver } = await chooseBroker("check"));
  } catch (error) {
    if (!(error instanceof EnvironmentProblem)) throw error;
    return { state: "fails", what: `no broker for the checks: ${error.message}`, next: error.next };
  }
  try {
    const tap = await openTap(chosen.url).catch(adviseOnTap);
    const [direct, tapped] = [await roundTrip(chosen.url), await roundTrip(tap.url)];
    await tap.close();
    const unsaid = passedOver.filter(
      (reason) => !earlier.some(({ what }) => what.includes(reason)),
    );
    const what =
      `the checks use ${chosen.name}${unsaid.map((reason) => `, because ${reason}`).join("")}; ` +
      `a message and its PUBACK take ${direct.toFixed(1)} ms, through the tap ${tapped.toFixed(1)} ms`;
    if (tapped <= SLOW) return { state: "works", what };
    const next = "unset MQTT_URL to use a broker on this machine, or end what keeps it busy";
    return { state: "missing", what: `a fast line to the broker: ${what}`, next };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      state: "fails",
      what: `${chosen.name} was chosen for the checks, and a message to it failed: ${why}`,
      next: "WORKBOOK_BROKER=embedded npm run doctor, to try another broker",
    };
  } finally {
    await chosen.stop();
  }
}

/** The median of a few acknowledged publishes, in milliseconds. */
async function roundTrip(url: string): Promise<number> {
  const client = await connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0 });
  const times: number[] = [];
  for (let i = 0; i < 11; i++) {
    const before = performance.now();
    await client.publishAsync(`workbook-doctor-${process.pid}`, "", { qos: 1 });
    times.push(performance.now() - before);
  }
  await client.endAsync();
  return times.sort((a, b) => a - b)[5] ?? Number.NaN;
}
