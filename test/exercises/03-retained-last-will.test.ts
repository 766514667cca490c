import { connect, type IClientOptions, type MqttClient } from "mqtt";
import type { IConnectPacket } from "mqtt-packet";
import { loadAnswers } from "../../workbook/checks/harness/answers.ts";
import { check, describe } from "../../workbook/checks/harness/check.ts";
import { clientsFromHere } from "../../workbook/checks/harness/clients.ts";
import { settles, within } from "../../workbook/checks/harness/deadline.ts";
import { type Desk, received, sent } from "../../workbook/checks/harness/desk.ts";
import { callWhileHeld, roundTrip } from "../../workbook/checks/harness/held.ts";
import { stillThere } from "../../workbook/checks/harness/left-open.ts";
import { usePrefix } from "../../workbook/checks/harness/own-names.ts";
import { clearAtEnd, keptOn } from "../../workbook/checks/harness/retained.ts";
import { Wrong } from "../../workbook/checks/harness/wrong.ts";
import { prefixed } from "../../workbook/telemetry.ts";
import { reason } from "../../workbook/wire/describe.ts";
import type { Connection, Entry, Frame } from "../../workbook/wire/transcript.ts";

type Answers = typeof import("../../solutions/03-retained-last-will.ts");
const answers = () => loadAnswers<Answers>();

describe("publishRetainedStatus", () => {
  const publish = async (desk: Desk) => {
    const { publishRetainedStatus } = await answers();
    await clearAtEnd(desk);
    const deviceId = desk.name("lamp");
    const client = await desk.client("lamp");
    for (const status of ["online", "offline"] as const) {
      await settles("publishRetainedStatus", () => publishRetainedStatus(client, deviceId, status));
    }
    return { topic: topicFor(deviceId), published: await publishedBy(desk, client) };
  };

  check("publishRetainedStatus", "publishes on devices/<id>/status", async (desk) => {
    usePrefix(desk);
    const { topic, published } = await publish(desk);
    const other = published.find((frame) => topicOf(frame) !== topic);
    if (published.length > 0 && other === undefined) return;
    throw new Wrong({
      headline: other ? "the status went out on another topic" : "the status did not go out",
      expected: topic,
      got: other ? topicOf(other) : "no PUBLISH",
      why: "everybody looks for a device under the one topic that statusTopic(deviceId) gives",
      wire: published,
    });
  });

  check("publishRetainedStatus", "makes the payload the status", async (desk) => {
    const { published } = await publish(desk);
    const payloads = published.map(payloadOf);
    if (payloads.join() === "online,offline") return;
    throw new Wrong({
      headline: "the payload is not the status that was asked for",
      expected: "online, and in the second call offline",
      got: payloads.join(", and ") || "no PUBLISH",
      why: "who reads it compares with these words: nothing around them, no quotation marks",
      wire: published,
    });
  });

  check("publishRetainedStatus", "leaves the status for who subscribes later", async (desk) => {
    const { topic, published } = await publish(desk);
    // Where the answer published it: whether that is the right topic is another check's question.
    const kept = await keptOn(desk, topicOf(published.at(-1)) || topic);
    if (kept?.retain) return;
    throw new Wrong({
      headline: "who subscribes later learns nothing",
      expected: "the last status, flagged retained, right behind the SUBACK",
      got: "nothing: the broker kept no status",
      why: "the broker keeps a message only if its PUBLISH has the RETAIN flag [MQTT-3.3.1-5]",
      wire: published,
    });
  });

  check("publishRetainedStatus", "resolves only when the broker has it", async (desk) => {
    const { publishRetainedStatus } = await answers();
    await clearAtEnd(desk);
    const client = await desk.client("lamp");
    await waitsForBroker(desk, "publishRetainedStatus", () =>
      publishRetainedStatus(client, desk.name("lamp"), "online"),
    );
  });
});

describe("clearRetainedStatus", () => {
  check("clearRetainedStatus", "leaves nothing for who subscribes later", async (desk) => {
    const { clearRetainedStatus } = await answers();
    const deviceId = desk.name("lamp");
    const topic = topicFor(deviceId);
    await clearAtEnd(desk, topic);
    const helper = await desk.helper("lamp-before");
    await helper.publishAsync(topic, "online", { qos: 1, retain: true });

    const client = await desk.client("lamp");
    await settles("clearRetainedStatus", () => clearRetainedStatus(client, deviceId));
    const published = await publishedBy(desk, client);
    const kept = await keptOn(desk, topic);
    if (kept === undefined) return;
    const changed = kept.payload.toString() !== "online";
    throw new Wrong({
      headline: changed
        ? "the status is not cleared, it has become another one"
        : "the status is still there",
      expected: "nothing: who subscribes later gets no message on this topic",
      got: `"${kept.payload}", flagged retained`,
      why: changed
        ? "only a payload of no bytes at all removes what is kept, whatever the words mean [MQTT-3.3.1-6]"
        : "without the RETAIN flag a PUBLISH removes nothing that is kept on its topic [MQTT-3.3.1-8]",
      wire: published,
    });
  });

  check("clearRetainedStatus", "resolves only when the broker has cleared it", async (desk) => {
    const { clearRetainedStatus } = await answers();
    await clearAtEnd(desk);
    const client = await desk.client("lamp");
    await waitsForBroker(desk, "clearRetainedStatus", () =>
      clearRetainedStatus(client, desk.name("lamp")),
    );
  });
});

describe("setupLastWill", () => {
  const connected = async (desk: Desk) => {
    const { setupLastWill } = await answers();
    await clearAtEnd(desk);
    const deviceId = desk.name("lamp");
    const options = await settles("setupLastWill", () => setupLastWill(deviceId));
    const client = await accepted(desk, options);
    const [frame] = desk.frames(sent("connect"));
    if (frame?.packet?.cmd !== "connect") throw new Error("a CONNACK without a CONNECT");
    return { deviceId, client, frame, packet: frame.packet };
  };
  const willOf = async (desk: Desk) => {
    const device = await connected(desk);
    const { will } = device.packet;
    if (will !== undefined) return { ...device, will };
    throw new Wrong({
      headline: "the device leaves no will",
      expected: "→ CONNECT with a will",
      got: "→ CONNECT without one",
      why: "the broker can only publish a will that the CONNECT brought it [MQTT-3.1.2-7]",
      wire: [device.frame],
    });
  };

  check("setupLastWill", "speaks MQTT 5", async (desk) => {
    const { packet, frame } = await connected(desk);
    if (packet.protocolVersion === 5) return;
    throw new Wrong({
      headline: "your device speaks an older MQTT",
      expected: "→ CONNECT with protocol version 5",
      got: `→ CONNECT with protocol version ${packet.protocolVersion}`,
      why: "the library speaks 3.1.1 unless it is told otherwise",
      wire: [frame],
    });
  });

  check("setupLastWill", "connects the device under its own id", async (desk) => {
    usePrefix(desk);
    const { packet, frame, deviceId } = await connected(desk);
    if (packet.clientId === prefixed(deviceId)) return;
    throw new Wrong({
      headline: "the device goes by another name",
      expected: `→ CONNECT as ${prefixed(deviceId)}`,
      got: `→ CONNECT as ${packet.clientId || "nobody: the client id is empty"}`,
      why: "by its client id the broker knows a device again when it comes back [MQTT-3.1.3-2]",
      wire: [frame],
    });
  });

  check("setupLastWill", "leaves a will that says offline on devices/<id>/status", async (desk) => {
    usePrefix(desk);
    const { will, frame, deviceId } = await willOf(desk);
    const topic = topicFor(deviceId);
    if (will.topic === topic && String(will.payload) === "offline") return;
    throw new Wrong({
      headline: will.topic === topic ? "the will says something else" : "the will is misdirected",
      expected: `"offline" on ${topic}`,
      got: `"${will.payload}" on ${will.topic}`,
      why: "the broker publishes the will as it is: whoever watches the status has to understand it",
      wire: [frame],
    });
  });

  check("setupLastWill", "has the will retained", async (desk) => {
    const { will, frame } = await willOf(desk);
    if (will.retain) return;
    throw new Wrong({
      headline: "the will is not to be retained",
      expected: "a will with the RETAIN flag",
      got: "a will without it",
      why: "the broker would go on keeping the old online, for a device that is gone [MQTT-3.1.2-14]",
      wire: [frame],
    });
  });

  check("setupLastWill", "has the will sent with QoS 1", async (desk) => {
    const { will, frame } = await willOf(desk);
    if (Number(will.qos) >= 1) return;
    throw new Wrong({
      headline: "the will is sent with QoS 0",
      expected: "a will with QoS 1",
      got: "a will with QoS 0",
      why: "a monitor gets a message with no higher QoS than it was published with: this one may be lost",
      wire: [frame],
    });
  });

  check("setupLastWill", "has the will published as soon as the line breaks", async (desk) => {
    const { client, will } = await willOf(desk);
    const monitor = await desk.helper("monitor");
    const arrival = new Promise((resolve) => monitor.once("message", resolve));
    await monitor.subscribeAsync(will.topic, { qos: 1 });
    client.stream.destroy();
    await within(
      arrival,
      () =>
        new Wrong({
          headline: "the line has broken, and the will does not come",
          expected: "the broker publishes it at once",
          got: "nothing on the will's topic",
          why: "a will waits for its delay, or for the end of the session if that is sooner [MQTT-3.1.2-8]",
          wire: desk.frames(),
        }),
    );
  });
});

describe("shutDownGracefully", () => {
  // Its will is not the one of setupLastWill: whatever is said on the status topic, the device said.
  const device = async (desk: Desk) => {
    const { shutDownGracefully } = await answers();
    await clearAtEnd(desk);
    const deviceId = desk.name("lamp");
    const topic = prefixed(desk.name("will"));
    const will = { topic, payload: Buffer.from("gone"), qos: 1, retain: false } as const;
    const client = await desk.client("lamp", { will });
    return { deviceId, shutDown: async () => shutDownGracefully(client, deviceId) };
  };

  check("shutDownGracefully", "says offline itself, for the broker to keep", async (desk) => {
    const { deviceId, shutDown } = await device(desk);
    await settles("shutDownGracefully", shutDown);
    await desk.sees(
      (entry) => sent("publish")(entry) || isLeaving(entry),
      () => noGoodbye(desk),
    );
    const published = desk.frames(sent("publish"));
    const said = published.find((frame) => saysOn(frame, topicFor(deviceId), "offline"));
    if (said !== undefined && isRetained(said)) return;
    throw new Wrong({
      headline: said ? "the offline is not kept" : "the device leaves without saying offline",
      expected: `→ PUBLISH retain ${topicFor(deviceId)} with "offline"`,
      got: said ? "→ PUBLISH without the RETAIN flag" : tellPublished(published),
      why: said
        ? "the broker goes on keeping the old online, for a device that is gone [MQTT-3.3.1-8]"
        : "a polite end silences the will: if the device does not say it, nobody does",
      wire: flow(desk),
    });
  });

  check("shutDownGracefully", "leaves with a DISCONNECT that silences the will", async (desk) => {
    const { shutDown } = await device(desk);
    await settles("shutDownGracefully", shutDown);
    const last = await desk.sees(isLeaving, () => noGoodbye(desk));
    const code = disconnectCode(last);
    if (code === 0) return;
    throw new Wrong({
      headline: "the device leaves, and its will follows",
      expected: "→ DISCONNECT with reason code 0",
      got:
        code === undefined
          ? "the line was closed without a DISCONNECT"
          : `→ DISCONNECT with reason code ${reason(code)}`,
      why: "only a DISCONNECT with reason code 0 makes the broker throw the will away [MQTT-3.14.4-3]",
      wire: flow(desk),
    });
  });

  check("shutDownGracefully", "leaves only when the broker has the offline", async (desk) => {
    const { shutDown } = await device(desk);
    const held = await callWhileHeld(desk, isAcknowledgement, "PUBLISH", shutDown);
    const left = desk.frames(sent("disconnect")).length > 0;
    if (held.early || left) {
      throw new Wrong({
        headline: left
          ? "the device leaves before the broker has its offline"
          : "shutDownGracefully resolves too early",
        expected: "→ PUBLISH   ← PUBACK   → DISCONNECT, and then it resolves",
        got: left
          ? "→ DISCONNECT without an acknowledgement"
          : "it resolved while the PUBACK was still on its way",
        why: "once it has left the device cannot send it again, and its will is silent already",
        wire: flow(desk),
      });
    }
    held.release();
    await settles("shutDownGracefully", () => held.result);
  });
});

describe("demonstrateDevicePresence", () => {
  const stage = async (desk: Desk) => {
    const { demonstrateDevicePresence } = await answers();
    const deviceId = desk.name("lamp");
    const topic = topicFor(deviceId);
    await clearAtEnd(desk, topic);
    const clients = clientsFromHere(desk);
    const play = async () => demonstrateDevicePresence(desk.brokerUrl, deviceId);
    return { topic, clients, play };
  };
  const settled = (play: () => Promise<string[]>) => settles("demonstrateDevicePresence", play);

  // First, because who waits for a will that never comes fails in all the others, for want of an end.
  check("demonstrateDevicePresence", "lets the device go without a word", async (desk) => {
    const { play, topic } = await stage(desk);
    const playing = play();
    const device = await unlessItFails(playing, deviceIn(desk));
    const last = await unlessItFails(
      playing,
      desk.sees(
        (entry) => entry.connection === device && isLeaving(entry),
        () => noCrash(desk),
      ),
    );
    const spoke = desk.frames((frame) => sent("publish")(frame) && saysOn(frame, topic, "offline"));
    const code = disconnectCode(last);
    if (code === undefined && spoke.length === 0) return void (await settled(() => playing));
    throw new Wrong({
      headline: spoke.length > 0 ? "the device says offline itself" : "the device says goodbye",
      expected: "its line closes, with no DISCONNECT and no offline from a client before that",
      got: spoke.length > 0 ? "→ PUBLISH offline" : `→ DISCONNECT, ${reason(code ?? 0)}`,
      why:
        code === 0
          ? "after a polite end the broker throws the will away, and has nothing to say [MQTT-3.14.4-3]"
          : "a device that crashes can say nothing any more: the broker has to speak for it",
      wire: flow(desk),
    });
  });

  check("demonstrateDevicePresence", "tells online, then offline, every time", async (desk) => {
    const { play } = await stage(desk);
    for (const time of ["first", "second"]) {
      const story: unknown = await settled(play);
      if (Array.isArray(story) && story.join() === "online,offline") continue;
      throw new Wrong({
        headline: `the ${time} story is not the life of a device`,
        expected: '["online","offline"]',
        got: JSON.stringify(story) ?? String(story),
        why:
          time === "first"
            ? "a monitor that is subscribed sees the birth message, and then the will, and no more"
            : "what comes flagged retained is news of an earlier run; this run begins with online",
        wire: flow(desk),
      });
    }
  });

  check("demonstrateDevicePresence", "has the monitor listen first", async (desk) => {
    const { play, topic } = await stage(desk);
    const held = await callWhileHeld(desk, received("suback"), "SUBSCRIBE", play);
    // Time enough for a device that does not wait: each of these connects and publishes as well.
    for (let turn = 0; turn < 3; turn++) await roundTrip(desk);
    const born = desk.frames((frame) => sent("publish")(frame) && saysOn(frame, topic, "online"));
    if (born.length > 0) {
      throw new Wrong({
        headline: "the device is born before the monitor listens",
        expected: "← SUBACK to the monitor, and only then → PUBLISH online",
        got: "→ PUBLISH online while the SUBACK was still to come",
        why: "until the SUBACK nothing is certain to reach the monitor: it would see what was kept, not what happens",
        wire: flow(desk),
      });
    }
    held.release();
    await settled(() => held.result);
  });

  check("demonstrateDevicePresence", "has a birth message that the broker keeps", async (desk) => {
    const { play, topic } = await stage(desk);
    await settled(play);
    const { name } = await deviceIn(desk);
    const published = desk.frames(
      (frame) => sent("publish")(frame) && frame.connection.name === name,
    );
    const birth = published.find((frame) => saysOn(frame, topic, "online"));
    if (birth && isRetained(birth)) return;
    throw new Wrong({
      headline: birth ? "the birth message is not kept" : "the device has no birth message",
      expected: `→ PUBLISH retain ${topic} with "online", from the device`,
      got: birth ? "→ PUBLISH without the RETAIN flag" : tellPublished(published),
      why: "a monitor that comes while the device lives must find it online [MQTT-3.3.1-5]",
      wire: flow(desk),
    });
  });

  check("demonstrateDevicePresence", "leaves offline for who comes later", async (desk) => {
    const { play, topic } = await stage(desk);
    const watcher = await desk.helper("witness");
    const fired = new Promise<void>((resolve) => {
      watcher.on("message", (_topic, payload) => payload.toString() === "offline" && resolve());
    });
    await watcher.subscribeAsync(topic, { qos: 1 });
    await settled(play);
    await within(fired, () => noCrash(desk));
    const kept = await keptOn(desk, topic);
    if (kept?.payload.toString() === "offline") return;
    throw new Wrong({
      headline: "who comes later is told something else",
      expected: '"offline", flagged retained',
      got: kept ? `"${kept.payload}", flagged retained` : "nothing: the broker keeps no status",
      why: "a will that is not retained leaves the old status in place, and one that is cleared leaves none",
      wire: flow(desk),
    });
  });

  check("demonstrateDevicePresence", "resolves when the monitor has seen the end", async (desk) => {
    const { play, topic } = await stage(desk);
    const will = desk.faults.arm(
      { do: "hold" },
      (frame) => received("publish")(frame) && saysOn(frame, topic, "offline"),
    );
    desk.atEnd(() => will.release());
    let early = false;
    const done = play().then((story) => {
      early = true;
      return story;
    });
    await within(Promise.race([will.met, done]), () => noCrash(desk));
    if (!early) await unlessItFails(done, roundTrip(desk));
    if (early) {
      throw new Wrong({
        headline: "demonstrateDevicePresence resolves before the story is over",
        expected: "it resolves after the offline has reached the monitor",
        got: "it resolved while the offline was still on its way to the monitor",
        why: "what the monitor saw is known only when it has seen it",
        wire: flow(desk),
      });
    }
    will.release();
    await settled(() => done);
  });

  check("demonstrateDevicePresence", "leaves no connection open", async (desk) => {
    const { play, clients } = await stage(desk);
    await settled(play);
    const left = await stillThere(desk, clients);
    if (left === undefined) return;
    throw new Wrong({
      headline: "the story is told, and a client is still there",
      expected: "every client has ended",
      got: left,
      why: "a client that nobody ends keeps the program running, and one that lost its line comes back by itself",
      wire: flow(desk),
    });
  });
});

/** The function waits for the acknowledgement of what it publishes, the last one if there are several. */
async function waitsForBroker(
  desk: Desk,
  functionName: string,
  call: () => Promise<void>,
): Promise<void> {
  const held = await callWhileHeld(desk, isAcknowledgement, "PUBLISH", call);
  if (held.early) {
    const unacknowledged = desk.frames(sent("publish")).some((frame) => qosOf(frame) === 0);
    throw new Wrong({
      headline: `${functionName} resolves before the broker has the message`,
      expected: "→ PUBLISH   ← PUBACK, and only then it resolves",
      got: unacknowledged
        ? "→ PUBLISH with QoS 0, which nobody acknowledges"
        : "it resolved while the acknowledgement was still on its way",
      why: "only an acknowledgement says that the broker has a message, and QoS 0 has none [MQTT-4.3.1-1]",
      wire: flow(desk),
    });
  }
  held.release();
  await settles(functionName, () => held.result);
}

/** Connects with the answer's options, and leaves politely when the check is over. */
function accepted(desk: Desk, options: IClientOptions): Promise<MqttClient> {
  const refused = (got: string) =>
    new Wrong({
      headline: "no connection comes about with these options",
      expected: "→ CONNECT   ← CONNACK",
      got,
      why: "setupLastWill returns what connectAsync takes as its second argument",
      wire: desk.frames(),
    });
  const connected = new Promise<MqttClient>((resolve, reject) => {
    const client = open(desk, options, refused);
    client.once("connect", () => resolve(client));
    client.on("error", (error) => reject(refused(error.message)));
    client.once("close", () => reject(refused("the broker closed the line")));
  });
  return within(connected, () => refused("no CONNACK"));
}

function open(desk: Desk, options: IClientOptions, refused: (got: string) => Wrong): MqttClient {
  try {
    const client = connect(desk.brokerUrl, { ...options, reconnectPeriod: 0 });
    desk.atEnd(async () => void (client.connected && (await client.endAsync())));
    return client;
  } catch (error) {
    throw refused(`the library says: ${error instanceof Error ? error.message : error}`);
  }
}

/** What this client has published, all of it: a message of the check's own goes behind it. */
async function publishedBy(desk: Desk, client: MqttClient): Promise<Frame[]> {
  const last = prefixed(desk.name("last"));
  await client.publishAsync(last, "", { qos: 1 });
  return desk.frames((frame) => sent("publish")(frame) && topicOf(frame) !== last);
}

/** The connection of the device: the one with a will. */
async function deviceIn(desk: Desk): Promise<Connection> {
  const hasWill = (entry: Entry) => sent("connect")(entry) && connectOf(entry)?.will !== undefined;
  const connected = await desk.sees(
    hasWill,
    () =>
      new Wrong({
        headline: "no device connected with a will",
        expected: "→ CONNECT with a will",
        got: "no CONNECT with one",
        why: "the broker can only speak for a device that left it a will [MQTT-3.1.2-7]",
        wire: desk.frames(),
      }),
  );
  return connected.connection;
}

/** Waits for something that the call brings about, but not beyond the error that ends the call. */
function unlessItFails<T>(call: Promise<unknown>, awaited: Promise<T>): Promise<T> {
  const failed = call.then(() => new Promise<never>(() => {}));
  return Promise.race([awaited, failed]);
}

/** A client sends DISCONNECT, or its line closes without one. */
function isLeaving(entry: Entry): boolean {
  return sent("disconnect")(entry) || entry.kind === "closed";
}

function disconnectCode(entry: Entry): number | undefined {
  if (entry.kind !== "frame" || entry.packet?.cmd !== "disconnect") return undefined;
  return entry.packet.reasonCode ?? 0;
}

function noGoodbye(desk: Desk): Wrong {
  return new Wrong({
    headline: "the device does not leave",
    expected: "→ DISCONNECT",
    got: "the connection stays open",
    why: "a device that is switched off does not stay connected",
    wire: flow(desk),
  });
}

function noCrash(desk: Desk): Wrong {
  return new Wrong({
    headline: "the broker never says that the device is gone",
    expected: "the device's line breaks, and the broker publishes its will",
    got: "no offline from the broker",
    why: "a will comes when the line closes without a polite DISCONNECT, and never else [MQTT-3.1.2-8]",
    wire: flow(desk),
  });
}

function isAcknowledgement(frame: Frame): boolean {
  return received("puback")(frame) || received("pubcomp")(frame);
}

function flow(desk: Desk): Frame[] {
  return desk.frames((frame) => frame.type !== "connack");
}

function tellPublished(frames: readonly Frame[]): string {
  return (
    frames.map((frame) => `"${payloadOf(frame)}" on ${topicOf(frame)}`).join(", ") || "no PUBLISH"
  );
}

function topicFor(deviceId: string): string {
  return prefixed(`devices/${deviceId}/status`);
}

function saysOn(frame: Frame, topic: string, payload: string): boolean {
  return topicOf(frame) === topic && payloadOf(frame) === payload;
}

function connectOf(frame: Frame): IConnectPacket | undefined {
  return frame.packet?.cmd === "connect" ? frame.packet : undefined;
}

function topicOf(frame: Frame | undefined): string {
  return frame?.packet?.cmd === "publish" ? frame.packet.topic : "";
}

function payloadOf(frame: Frame): string {
  return frame.packet?.cmd === "publish" ? frame.packet.payload.toString() : "";
}

function qosOf(frame: Frame): number | undefined {
  return frame.packet?.cmd === "publish" ? frame.packet.qos : undefined;
}

function isRetained(frame: Frame): boolean {
  return frame.packet?.cmd === "publish" && frame.packet.retain;
}
