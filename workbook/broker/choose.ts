import { EnvironmentProblem } from "../environment-problem.ts";
import type { Broker } from "./broker.ts";
import { startEmbedded } from "./embedded.ts";
import { findMosquitto, startNative } from "./native.ts";
import { type ProbeFailure, probeBroker } from "./probe.ts";

/** Where `docker compose up -d` puts the broker. */
const COMPOSE_URL = "mqtt://127.0.0.1:1883";

export interface Choice {
  readonly broker: Broker;
  /** What was tried before, and why it was not taken: one sentence each, for the person at the screen. */
  readonly passedOver: readonly string[];
}

/**
 * Find or start a broker, in the order that the README states: `MQTT_URL`; for a script what listens on
 * port 1883, for checks Dockerized Mosquitto; a `mosquitto` on the PATH; the embedded one.
 *
 * `WORKBOOK_BROKER=docker|native|embedded` forces one, `REQUIRE_DOCKER=1` refuses a check without Docker.
 *
 * @throws EnvironmentProblem when what was asked for cannot be had
 */
export async function chooseBroker(purpose: "script" | "check"): Promise<Choice> {
  const { MQTT_URL, WORKBOOK_BROKER } = process.env;
  if (MQTT_URL) return { broker: await useUrl(MQTT_URL), passedOver: [] };
  if (WORKBOOK_BROKER) return { broker: await startForced(WORKBOOK_BROKER), passedOver: [] };
  const required = process.env.REQUIRE_DOCKER === "1";
  if (required) return { broker: await startDocker(), passedOver: [] };

  const passedOver: string[] = [];
  const take = (broker: Broker): Choice => ({ broker, passedOver });
  if (purpose === "script") {
    const found = await probeBroker(new URL(COMPOSE_URL));
    if (found.answer === "broker") return take(external(COMPOSE_URL));
    if (found.answer !== "nothing") {
      passedOver.push(`port 1883 is taken by something we cannot use: ${found.why}`);
    }
  } else {
    const broker = await attempt(startDocker, passedOver);
    if (broker) return take(broker);
  }
  if (findMosquitto()) {
    const broker = await attempt(startNative, passedOver);
    if (broker) return take(broker);
  }
  return take(await startEmbedded());
}

// testcontainers takes its time to load: only where Docker is wanted.
async function startDocker(): Promise<Broker> {
  const docker = await import("./docker.ts");
  return docker.startDocker();
}

async function startForced(kind: string): Promise<Broker> {
  if (kind === "docker") return startDocker();
  if (kind === "native") return startNative();
  if (kind === "embedded") return startEmbedded();
  throw new EnvironmentProblem(
    `WORKBOOK_BROKER is "${kind}", which is no kind of broker`,
    "set it to docker, native or embedded, or unset it",
  );
}

async function attempt(
  start: () => Promise<Broker>,
  passedOver: string[],
): Promise<Broker | undefined> {
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof EnvironmentProblem)) throw error;
    passedOver.push(error.message);
    return undefined;
  }
}

async function useUrl(text: string): Promise<Broker> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url?.hostname || (url.protocol !== "mqtt:" && url.protocol !== "mqtts:")) {
    throw new EnvironmentProblem(
      `MQTT_URL is "${text}", which is no address of an MQTT broker`,
      "write it as mqtt://host:port, or mqtts://host:port for TLS, or unset it",
    );
  }
  const found = await probeBroker(url);
  if (found.answer === "broker") return external(text);
  throw new EnvironmentProblem(
    `${inWords(found, `MQTT_URL (${url.host})`)}: ${found.why}`,
    `${found.trouble.next}; or unset MQTT_URL to use the workbook's own broker`,
  );
}

/** What the probe found at an address, without the reason. */
export function inWords({ answer }: ProbeFailure, where: string): string {
  switch (answer) {
    case "nothing":
      return `no broker at ${where}`;
    case "stranger":
      return `what listens at ${where} does not answer as an MQTT broker`;
    case "untrusted":
      return `the broker at ${where} cannot be trusted`;
    case "refused":
      return `the broker at ${where} refused us`;
  }
}

function external(url: string): Broker {
  return { kind: "url", name: `the broker at ${new URL(url).host}`, url, stop: async () => {} };
}
