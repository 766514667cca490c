import { connect, type IClientOptions, type MqttClient } from "mqtt";
import type { IConnectPacket } from "mqtt-packet";
import { loadAnswers } from "../../../workbook/checks/harness/answers.ts";
import { check, describe } from "../../../workbook/checks/harness/check.ts";
import { clientsFromHere } from "../../../workbook/checks/harness/clients.ts";
import { DEADLINE, settles, within } from "../../../workbook/checks/harness/deadline.ts";
import { brokerGone, type Desk, sent } from "../../../workbook/checks/harness/desk.ts";
import { roundTrip } from "../../../workbook/checks/harness/held.ts";
import { playBroker } from "../../../workbook/checks/harness/scripted-broker.ts";
import { Wrong } from "../../../workbook/checks/harness/wrong.ts";
import { prefixed } from "../../../workbook/telemetry.ts";
import type { Frame } from "../../../workbook/wire/transcript.ts";

type Answers = typeof import("../../../solutions/04-mqtt5-features.ts");
const answers = () => loadAnswers<Answers>();

/** How long a will waits where a check has to see it wait, in seconds: the least that MQTT can say. */
const PATIENCE = 1;

describe("openSession", () => {
  const open = async (desk: Desk, startClean: boolean, keepSeconds: number, present = false) => {
    const { openSession } = await answers();
    const broker = await playBroker(desk, {
      connect: (_packet, line) =>
        line.send({ cmd: "connack", reasonCode: 0, sessionPresent: present }),
    });
    const id = desk.id("visitor");
    clientsFromHere(desk);
    const opened = await settles("openSession", () =>
      openSession(broker.url, id, startClean, keepSeconds),
    );
    const [frame] = broker.frames(sent("connect"));
    const packet = connectOf(frame);
    if (packet === undefined) throw new Error("a CONNACK without a CONNECT");
    return { opened, packet, wire: broker.frames() };
  };

  check("openSession", "starts clean when it is told to, and only then", async (desk) => {
    for (const [startClean, keepSeconds] of [
      [true, 60],
      [false, 60],
      [true, 0],
      [false, 0],
    ] as const) {
      const { packet, wire } = await open(desk, startClean, keepSeconds);
      if (packet.clean === startClean) continue;
      throw new Wrong({
        headline: startClean
          ? "an old session goes on that should be forgotten"
          : "a session is thrown away that should go on",
        expected: `→ CONNECT with Clean Start ${Number(startClean)}`,
        got: `→ CONNECT with Clean Start ${Number(packet.clean)}, to be kept ${keepSeconds} s`,
        why: "Clean Start is about the session before this one, and about nothing else [MQTT-3.1.2-4]",
        wire,
      });
    }
  });

  check("openSession", "has the session kept for the time it is told", async (desk) => {
    for (const [startClean, keepSeconds] of [
      [true, 60],
      [false, 90],
      [false, 0],
    ] as const) {
      const { packet, wire } = await open(desk, startClean, keepSeconds);
      const kept = packet.properties?.sessionExpiryInterval ?? 0;
      if (kept === keepSeconds) continue;
      throw new Wrong({
        headline: `the session is to be kept for ${kept} s`,
        expected: `→ CONNECT with Session Expiry Interval ${keepSeconds}`,
        got: `→ CONNECT with ${packet.properties?.sessionExpiryInterval ?? "none, which means 0"}, and Clean Start ${Number(packet.clean)}`,
        why: "the interval is in seconds, and says when this session ends: Clean Start says nothing of that",
        wire,
      });
    }
  });

  check("openSession", "tells whether the broker had a session", async (desk) => {
    for (const present of [false, true]) {
      const { opened, wire } = await open(desk, false, 60, present);
      if (opened?.resumed === present) continue;
      throw new Wrong({
        headline: present
          ? "the session was there, and nobody is told"
          : "a new session is told as an old one",
        expected: `resumed: ${present}`,
        got: `resumed: ${opened?.resumed}`,
        why: "you can ask for a session; only the CONNACK says whether there was one [MQTT-3.2.2-3]",
        wire,
      });
    }
  });
});

describe("setupPatientWill", () => {
  const setup = async (desk: Desk, name: string, seconds: number) => {
    const { setupPatientWill } = await answers();
    const topic = prefixed(`${desk.name("status")}/${name}`);
    const options = await settles("setupPatientWill", () =>
      setupPatientWill(desk.id(name), topic, seconds),
    );
    return { topic, options };
  };
  /** The CONNECT that comes of the answer's options. */
  const connected = async (desk: Desk, seconds: number) => {
    const broker = await playBroker(desk, {});
    const { topic, options } = await setup(desk, "device", seconds);
    await online(desk, broker.url, { ...options, reconnectPeriod: 0 });
    const [frame] = broker.frames(sent("connect"));
    const packet = connectOf(frame);
    if (packet === undefined) throw new Error("a CONNACK without a CONNECT");
    return { packet, topic, wire: broker.frames() };
  };

  check("setupPatientWill", "leaves a will that says offline", async (desk) => {
    const { packet, topic, wire } = await connected(desk, 30);
    const { will } = packet;
    if (will?.topic === topic && String(will.payload) === "offline" && Number(will.qos) === 1) {
      return;
    }
    throw new Wrong({
      headline: will ? "the will is not the one that was asked for" : "there is no will",
      expected: `a will with QoS 1: "offline" on ${topic}`,
      got: will ? `a will with QoS ${will.qos}: "${will.payload}" on ${will.topic}` : "none",
      why: "the broker publishes what the CONNECT brought it, as it is",
      wire,
    });
  });

  check("setupPatientWill", "has the will wait", async (desk) => {
    const { packet, wire } = await connected(desk, 30);
    const delay = packet.will?.properties?.willDelayInterval ?? 0;
    if (delay === 30) return;
    throw new Wrong({
      headline: `the will waits for ${delay} s`,
      expected: "→ CONNECT whose will has Will Delay Interval 30",
      got: `→ CONNECT whose will has ${delay || "none, which means at once"}`,
      why: "the delay is in seconds, and a property of the will itself, not of the CONNECT",
      wire,
    });
  });

  check("setupPatientWill", "keeps the session for as long as the will waits", async (desk) => {
    const { packet, wire } = await connected(desk, 30);
    const kept = packet.properties?.sessionExpiryInterval ?? 0;
    if (kept >= 30) return;
    throw new Wrong({
      headline: "the session ends before the will's time has come",
      expected: "→ CONNECT with Session Expiry Interval 30, or more",
      got: `→ CONNECT with ${packet.properties?.sessionExpiryInterval ?? "none, which means 0"}`,
      why: "a will waits for its delay or for the end of the session, whichever is sooner [MQTT-3.1.2-8]",
      wire,
    });
  });

  check("setupPatientWill", "goes on with its session when it is back", async (desk) => {
    const { packet, wire } = await connected(desk, 30);
    if (!packet.clean) return;
    throw new Wrong({
      headline: "the device throws its session away when it comes back",
      expected: "→ CONNECT with Clean Start 0",
      got: "→ CONNECT with Clean Start 1",
      why: "a Clean Start ends the session before, and the end of the session ends the will's patience",
      wire,
    });
  });

  // The one check in which real time passes: both wills wait, and the long outage is the clock.
  check("setupPatientWill", "hides a short outage, and tells a long one", async (desk) => {
    const monitor = await desk.helper("monitor");
    const long = await setup(desk, "long", 2 * PATIENCE);
    const short = await setup(desk, "short", PATIENCE);
    const arrived: string[] = [];
    let hear: () => void = () => {};
    monitor.on("message", (topic) => {
      arrived.push(topic);
      hear();
    });
    await monitor.subscribeAsync(prefixed(`${desk.name("status")}/#`), { qos: 1 });
    // The long one first: then the short one is away for as short as can be.
    for (const { options } of [long, short]) await comeAndGo(desk, options);
    // As a program does that was started again: it asks for its options once more.
    const again = await setup(desk, "short", PATIENCE);
    // That it goes on with its session is another check's question.
    const options = { ...again.options, clean: false, reconnectPeriod: 0 };
    await online(desk, desk.brokerUrl, options);
    const told = new Promise<void>((resolve) => {
      hear = () => arrived.includes(long.topic) && resolve();
      hear();
    });
    await within(
      told,
      () =>
        new Wrong({
          headline: "a device is gone, and nobody is told",
          expected: `its will, ${2 * PATIENCE} s after its line broke`,
          got: "no will on its topic",
          why: "the will of a device that does not come back is published when its time is over",
          wire: desk.frames(),
        }),
      // Mosquitto 2.0 keeps delayed wills sorted by their delay, not by their time, and looks no further
      // than the first that is not due: one may have to wait behind younger ones of other clients.
      3 * DEADLINE + 2 * PATIENCE * 1000,
    );
    if (!arrived.includes(short.topic)) return;
    throw new Wrong({
      headline: "a device that came back in time is told as offline",
      expected: "no will: it was back at once",
      got: `"offline" on ${short.topic}`,
      why: "only a new connection to the same session, under the same client id, stops the will [MQTT-3.1.3-9]",
      wire: desk.frames(),
    });
  });
});

/** Connects with the answer's options. */
function online(desk: Desk, url: string, options: IClientOptions): Promise<MqttClient> {
  const connected = new Promise<MqttClient>((resolve, reject) => {
    const client = connect(url, options);
    desk.atEnd(async () => void (client.connected && (await client.endAsync())));
    client.once("connect", () => resolve(client));
    client.once("error", reject);
  });
  return settles("setupPatientWill", () => connected);
}

/** Connects, and loses the line; the broker has heard of it. */
async function comeAndGo(desk: Desk, options: IClientOptions): Promise<void> {
  const client = await online(desk, desk.brokerUrl, { ...options, reconnectPeriod: 0 });
  const { clientId } = client.options;
  client.stream.destroy();
  await desk.sees(
    ({ kind, connection }) => kind === "closed" && connection.clientId === clientId,
    () => brokerGone("the line does not close"),
  );
  await roundTrip(desk);
}

function connectOf(frame: Frame | undefined): IConnectPacket | undefined {
  return frame?.packet?.cmd === "connect" ? frame.packet : undefined;
}
