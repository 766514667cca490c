import { dockerProblem } from "../broker/docker.ts";
import { onExit } from "../broker/lifetime.ts";
import type { Servers } from "./measure.ts";
import type { Endpoint } from "./probe.ts";
import type { System } from "./systems.ts";

/** How to run one system in a container. */
interface Recipe {
  readonly image: string;
  readonly name: string;
  readonly port: number;
  /** What it prints when it is ready. */
  readonly ready: RegExp;
  readonly command?: readonly string[];
}

const recipes: Partial<Record<System, Recipe>> = {
  rabbitmq: {
    image: "rabbitmq:4.1.4-alpine",
    name: "RabbitMQ 4.1.4",
    port: 5672,
    ready: /Server startup complete/,
  },
  kafka: {
    image: "apache/kafka:4.1.0",
    name: "Kafka 4.1.0",
    port: 9092,
    ready: /Kafka Server started/,
  },
  pubsub: {
    image: "gcr.io/google.com/cloudsdktool/google-cloud-cli:540.0.0-emulators",
    name: "Pub/Sub emulator",
    port: 8085,
    ready: /Server started, listening on/,
    command: ["gcloud", "beta", "emulators", "pubsub", "start", "--host-port=0.0.0.0:8085"],
  },
};

/** How long a system may take from its image being there to being ready, in milliseconds. */
const PATIENCE = 90_000;

export interface LiveServers {
  readonly started: Servers;
  /** Why one or the other was not started, without a full stop. */
  readonly notes: readonly string[];
  stop(): Promise<void>;
}

/**
 * Start, in Docker, those systems that nobody runs already. One that does not start is left out, with a
 * note that says why. MQTT is not among them: the workbook has brokers of its own, and MQTT_AT.
 */
export async function startLiveServers(running: Servers): Promise<LiveServers> {
  const problem = await dockerProblem();
  if (problem) {
    return { started: {}, notes: [`${problem.message}, so fakes answer`], stop: async () => {} };
  }
  const started: Partial<Record<System, Endpoint>> = {};
  const notes: string[] = [];
  const wanted = (Object.entries(recipes) as [System, Recipe][]).filter(
    ([system]) => running[system] === undefined,
  );
  await Promise.all(
    wanted.map(async ([system, recipe]) => {
      try {
        started[system] = await start(recipe);
      } catch (error) {
        const [why = ""] = (error as Error).message.split(/[\s.]*(?:\n|$)/);
        notes.push(`${recipe.name} did not start, so a fake answers for it: ${why}`);
      }
    }),
  );
  const stop = async () => {
    await Promise.all(Object.values(started).map((server) => server.close()));
  };
  return { started, notes, stop };
}

async function start({ image, name, port, ready, command }: Recipe): Promise<Endpoint> {
  const { GenericContainer, Wait } = await import("testcontainers");
  class LoopbackContainer extends GenericContainer {
    // testcontainers itself can only publish on the daemon's default address, usually all of them.
    protected override async beforeContainerCreated(): Promise<void> {
      this.hostConfig.PortBindings = {
        [`${port}/tcp`]: [{ HostIp: "127.0.0.1", HostPort: "0" }],
      };
    }
  }
  const container = new LoopbackContainer(image)
    .withExposedPorts(port)
    .withAutoCleanup(false)
    .withWaitStrategy(Wait.forLogMessage(ready))
    .withStartupTimeout(PATIENCE);
  // What waits for Docker does not keep a process alive by itself.
  const awake = setTimeout(() => {}, 2 * PATIENCE);
  try {
    const running = await (command ? container.withCommand([...command]) : container).start();
    const stop = async () => {
      unregister();
      await running.stop({ remove: true, removeVolumes: true, timeout: 0 });
    };
    const unregister = onExit(stop);
    return {
      kind: "server",
      name: `${name} in Docker`,
      host: "127.0.0.1",
      port: running.getMappedPort(port),
      close: stop,
    };
  } finally {
    clearTimeout(awake);
  }
}
