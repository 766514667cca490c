import { connect } from "mqtt";
import { check, describe } from "../../../workbook/checks/harness/check.ts";
import { settles, within } from "../../../workbook/checks/harness/deadline.ts";
import { brokerGone, received, sent } from "../../../workbook/checks/harness/desk.ts";
import {
  playBroker,
  type ScriptedBroker,
  usual,
} from "../../../workbook/checks/harness/scripted-broker.ts";
import { Wrong } from "../../../workbook/checks/harness/wrong.ts";
import type { Frame } from "../../../workbook/wire/transcript.ts";
import { ALMOST_ONE, answers, deviceOptions, few } from "./lab.ts";

/** How long many connections may take on a machine that is busy, in milliseconds. */
const CROWD = 8000;

describe("backoffDelay", () => {
  check("backoffDelay", "doubles its ceiling with each attempt", async () => {
    const attempts = [0, 1, 2, 3, 4, 5];
    const ceilings = await ceilingsOf(attempts, { firstMs: 100, maxMs: 1e6 });
    const expected = attempts.map((attempt) => 100 * 2 ** attempt);
    if (ceilings.every((ceiling, attempt) => isNear(ceiling, expected[attempt] ?? 0))) return;
    throw new Wrong({
      headline: "the ceiling does not double with each attempt",
      expected: `${expected.join(", ")} ms, with a first ceiling of 100 ms`,
      got: few(ceilings.map(Math.round)),
      why: "a broker that is down for an hour must not be called all the time; one that is back after a second should be found soon",
    });
  });

  check("backoffDelay", "never waits longer than the maximum", async () => {
    const attempts = [9, 31, 32, 63, 64, 1023, 1024, 5000];
    const ceilings = await ceilingsOf(attempts, { firstMs: 100, maxMs: 20_000 });
    const wrong = ceilings.findIndex((ceiling) => !isNear(ceiling, 20_000));
    if (wrong === -1) return;
    throw new Wrong({
      headline: "the wait is not bounded by the maximum",
      expected: `up to 20000 ms before attempt ${attempts[wrong]}`,
      got: `up to ${ceilings[wrong]} ms`,
      why: "numbers that double get very large, and bit shifts turn over at 31; a device that was away for a day has made many attempts",
    });
  });

  check("backoffDelay", "spreads over all that lies below the ceiling", async () => {
    const { backoffDelay } = await answers();
    const tenths = Array.from({ length: 10 }, (_, tenth) => tenth / 10);
    const backoff = { firstMs: 1000, maxMs: 60_000 };
    const delays = tenths.map((tenth) => backoffDelay(0, backoff, () => tenth));
    const sorted = delays.toSorted((a, b) => a - b);
    // Either end may belong to 0, and whole milliseconds will do.
    if (sorted.every((delay, index) => Math.abs(delay - (index + 0.5) * 100) <= 52)) return;
    throw new Wrong({
      headline: "the waits are not spread from 0 to the ceiling",
      expected: "0, 100, 200 and so on up to 900 ms, for random numbers of 0, 0.1, 0.2 and so on",
      got: few(sorted.map(Math.round), 10),
      why: "devices that were cut off together come back together, unless each waits a time of its own",
    });
  });

  /** The longest wait before each attempt, whichever way the random number counts. */
  const ceilingsOf = async (attempts: readonly number[], backoff: Parameters<Backoff>[1]) => {
    const { backoffDelay } = await answers();
    return attempts.map((attempt) =>
      Math.max(...[0, ALMOST_ONE].map((random) => backoffDelay(attempt, backoff, () => random))),
    );
  };
  type Backoff = Awaited<ReturnType<typeof answers>>["backoffDelay"];

  const isNear = (value: number, expected: number) => Math.abs(value - expected) <= 1;
});

describe("mayHeal", () => {
  const passing = { 136: "server unavailable", 137: "server busy", 159: "rate exceeded" };
  const lasting = {
    132: "unsupported protocol version",
    133: "client identifier not valid",
    134: "bad user name or password",
    135: "not authorized",
    138: "banned",
    140: "bad authentication method",
  };

  check("mayHeal", "goes on where waiting helps", async () => {
    const { mayHeal } = await answers();
    const wrong = Object.entries(passing).find(([code]) => !mayHeal(Number(code)));
    if (wrong === undefined) return;
    throw new Wrong({
      headline: `mayHeal gives up on reason code ${wrong[0]}`,
      expected: "true",
      got: "false",
      why: `"${wrong[1]}" says nothing against this client: in a minute the broker may take it`,
    });
  });

  check("mayHeal", "gives up where no waiting helps", async () => {
    const { mayHeal } = await answers();
    const wrong = Object.entries(lasting).find(([code]) => mayHeal(Number(code)));
    if (wrong === undefined) return;
    throw new Wrong({
      headline: `mayHeal goes on after reason code ${wrong[0]}`,
      expected: "false",
      got: "true",
      why: `"${wrong[1]}": the same CONNECT gets the same answer until somebody changes something`,
    });
  });
});

describe("connectDevice", () => {
  check("connectDevice", "asks for a session that outlives the line", async (desk) => {
    const { connectDevice } = await answers();
    const options = deviceOptions(desk, "device");
    desk.endLater(connectDevice(options));
    const frame = await desk.sees(sent("connect"), () => noConnect(desk.frames()));
    const packet = frame.kind === "frame" ? frame.packet : undefined;
    if (packet?.cmd !== "connect") throw brokerGone("its CONNECT cannot be read");
    const { protocolVersion, clean, clientId, keepalive, properties } = packet;
    const expiry = properties?.sessionExpiryInterval;
    const got = `version ${protocolVersion}, ${clean ? "clean start" : "no clean start"}, session expiry ${expiry ?? "none"}, keepalive ${keepalive}, client id ${clientId}`;
    const wanted = `version 5, no clean start, session expiry 3600, keepalive 30, client id ${desk.id("device")}`;
    if (got === wanted) return;
    throw new Wrong({
      headline: "the CONNECT asks for something else",
      expected: wanted,
      got,
      why: "what waits for the device and what it has not acknowledged is kept in its session [MQTT-3.1.2-23]",
      wire: desk.frames(),
    });
  });

  check("connectDevice", "brings 50 devices back one by one", async (desk) => {
    const { connectDevice } = await answers();
    const broker = await playBroker(desk, {});
    const [devices, ceiling] = [50, 1000];
    const rank = new Map<string, number>();
    for (let number = 0; number < devices; number++) {
      // Each has a random number of its own, and they are not in the order of the devices.
      const random = ((number * 17) % devices) / devices;
      const options = deviceOptions(desk, `device-${number}`, {
        brokerUrl: broker.url,
        backoff: { firstMs: ceiling, maxMs: 10_000 },
        random: () => random,
      });
      rank.set(desk.id(`device-${number}`), random);
      desk.endLater(connectDevice(options));
    }
    // What a busy machine holds up says nothing: then they are cut once more.
    const rounds = 4;
    let waits: { own: number; ms: number }[] = [];
    let tooEarly = 0;
    for (let round = 1; round <= rounds && tooEarly === 0; round++) {
      await connects(broker, round * devices);
      await broker.sees(
        () => broker.frames(received("connack")).length >= round * devices,
        () => brokerGone("a CONNACK is missing"),
        CROWD,
      );
      const cutAt = broker.frames().at(-1)?.at ?? 0;
      cutAll(broker);
      waits = (await connects(broker, (round + 1) * devices))
        .slice(round * devices)
        .map((frame) => ({
          own: rank.get(frame.connection.clientId ?? "") ?? 0,
          ms: frame.at - cutAt,
        }));
      // That makes a wait longer, never shorter. The random number may count either way.
      const early = [0, 1].map(
        (most) => waits.filter(({ own, ms }) => ms < Math.abs(most - own) * ceiling - 5).length,
      );
      tooEarly = Math.min(...early);
      const beforeTheCeiling = waits.filter(({ ms }) => ms < 0.9 * ceiling).length;
      if (tooEarly === 0 && beforeTheCeiling > 2) return;
    }
    const times = waits.map(({ ms }) => ms);
    const [first, last] = [Math.min(...times), Math.max(...times)];
    if (last - first > 0.3 * ceiling) {
      throw new Wrong({
        headline: "the devices wait as long as they like, not as backoffDelay says",
        expected: `each device waits its own random number times ${ceiling} ms`,
        got: `${tooEarly} of ${devices} came earlier`,
        why: "the wait before the first attempt is backoffDelay(0, backoff, random), with what is in the options",
      });
    }
    throw new Wrong({
      headline: "50 devices that were cut off together come back together",
      expected: `50 CONNECTs, spread over ${ceiling} ms`,
      got: `50 CONNECTs from ${first.toFixed(0)} to ${last.toFixed(0)} ms after the cut`,
      why: "for 50,000 devices that is a storm, and it brings the broker down again that has just come back",
    });
  });

  check("connectDevice", "waits longer after each failure, up to the maximum", async (desk) => {
    const { connectDevice } = await answers();
    const broker = await playBroker(desk, { connect: (_packet, line) => line.cut() });
    const options = deviceOptions(desk, "device", {
      brokerUrl: broker.url,
      backoff: { firstMs: 20, maxMs: 160 },
      random: () => ALMOST_ONE,
    });
    desk.endLater(connectDevice(options));
    const expected = [20, 40, 80, 160, 160, 160, 160, 160, 160, 160];
    const frames = await connects(broker, expected.length + 1);
    const gaps = frames.slice(1).map(({ at }, index) => at - (frames[index]?.at ?? 0));
    // A busy machine makes a wait longer, never shorter.
    if (gaps.every((gap, index) => gap > (expected[index] ?? 0) - 4)) return;
    throw new Wrong({
      headline: "the waits do not grow with each failure",
      expected: `at least ${expected.join(", ")} ms`,
      got: `${gaps.slice(0, expected.length).map(Math.round).join(", ")} ms`,
      why: "the library's own reconnectPeriod is the same every time, unless you change it",
      wire: frames,
    });
  });

  check("connectDevice", "begins with the shortest wait after a line that stood", async (desk) => {
    const { connectDevice } = await answers();
    let failures = 12;
    let random = 0;
    const broker = await playBroker(desk, {
      connect: (packet, line) => {
        if (failures-- > 0) return line.cut();
        // From here on a wait is as long as it may be: hours, if the failures still count.
        random = ALMOST_ONE;
        usual.connect(packet, line);
      },
    });
    const options = deviceOptions(desk, "device", {
      brokerUrl: broker.url,
      backoff: { firstMs: 50, maxMs: 1e9 },
      random: () => random,
    });
    const client = connectDevice(options);
    desk.endLater(client);
    await connected(client, broker);
    // Twice: the wait after the first may have been fixed before that line stood.
    for (const connects of [14, 15]) {
      const again = new Promise((resolve) => client.once("connect", resolve));
      cutAll(broker);
      await broker.sees(
        () => broker.frames(sent("connect")).length >= connects,
        () =>
          new Wrong({
            headline: "the failures of an earlier time still count",
            expected: "a CONNECT at most 50 ms after the cut, as after the very first one",
            got: "none for 4 seconds",
            why: "the line had stood again: what broke it now is something new",
          }),
      );
      await within(again, () => brokerGone("no CONNACK"));
    }
  });

  check("connectDevice", "gives up on a refusal that does not heal", async (desk) => {
    const { connectDevice } = await answers();
    let attempts = 0;
    const own = desk.id("device");
    const broker = await playBroker(desk, {
      connect: (packet, line) => {
        if (packet.clientId !== own && ++attempts > 10) return usual.connect(packet, line);
        line.send({ cmd: "connack", reasonCode: 134, sessionPresent: false });
      },
    });
    const told: unknown[] = [];
    const options = deviceOptions(desk, "device", {
      brokerUrl: broker.url,
      login: { username: "greenhouse", password: "wrong" },
      random: () => 0,
      onGiveUp: (error) => told.push(error),
    });
    desk.endLater(connectDevice(options));
    await broker.sees(received("connack"), () => noConnect(broker.frames()));
    // Another client tries ten times: meanwhile a device that goes on would have come back.
    const other = connect(broker.url, {
      clientId: desk.id("other"),
      protocolVersion: 5,
      reconnectPeriod: 20,
      reconnectOnConnackError: true,
    }).on("error", () => {});
    desk.atEnd(() => void other.end(true));
    await within(new Promise((resolve) => other.once("connect", resolve)), () =>
      brokerGone("the check's own client did not come through"),
    );
    const wire = broker.frames(({ connection }) => connection.clientId === own);
    const times = wire.filter(sent("connect")).length;
    if (times > 1) {
      throw new Wrong({
        headline: "the device goes on with a password that is wrong",
        expected: "one CONNECT, then onGiveUp",
        got: `${times} CONNECTs, each with the same wrong password`,
        why: "no attempt will ever go through, and brokers lock out those who try again and again",
        wire: wire.slice(0, 6),
      });
    }
    if (told.length === 1 && told[0] instanceof Error && told[0].message !== "") return;
    throw new Wrong({
      headline: "the device gives up and does not say so",
      expected: "onGiveUp(error), once",
      got: told.length === 0 ? "no call" : `${told.length} calls: ${few(told)}`,
      why: "somebody has to correct the password, and must hear that it is wrong",
      wire,
    });
  });

  check("connectDevice", "goes on after a refusal that heals", async (desk) => {
    const { connectDevice } = await answers();
    let refusals = 3;
    const broker = await playBroker(desk, {
      connect: (packet, line) => {
        if (refusals-- <= 0) return usual.connect(packet, line);
        line.send({ cmd: "connack", reasonCode: 136, sessionPresent: false });
      },
    });
    const client = connectDevice(deviceOptions(desk, "device", { brokerUrl: broker.url }));
    desk.endLater(client);
    await broker.sees(
      () => broker.frames(sent("connect")).length >= 4,
      () =>
        new Wrong({
          headline: "the device gives up on a broker that is not available now",
          expected: "→ CONNECT  ← CONNACK 136, three times, then a CONNECT that is accepted",
          got: `${broker.frames(sent("connect")).length} CONNECTs`,
          why: "since version 5.16 the library ends after any refusal, unless it is told otherwise",
          wire: broker.frames(),
        }),
    );
  });

  check("connectDevice", "notices a line that has gone silent", async (desk) => {
    const { connectDevice } = await answers();
    const options = deviceOptions(desk, "device", { keepaliveSeconds: 1 });
    const client = connectDevice(options);
    desk.endLater(client);
    const frozen = desk.faults.arm({ do: "freeze" }, sent("pingreq"));
    desk.atEnd(() => frozen.release());
    const again = () => desk.frames(sent("connect")).length > 1;
    await desk.sees(
      () => again(),
      () =>
        new Wrong({
          headline: "nobody notices that the line is dead",
          expected: "→ PINGREQ, no answer, and a new CONNECT after 1.5 seconds",
          got: "no new CONNECT for 4 seconds",
          why: "a line can die without a word: only a question that is not answered shows it, and the keepalive asks it",
          wire: desk.frames(),
        }),
    );
  });

  check("connectDevice", "gives up a CONNECT that nobody answers", async (desk) => {
    const { connectDevice } = await answers();
    const broker = await playBroker(desk, { connect: () => {} });
    const options = deviceOptions(desk, "device", {
      brokerUrl: broker.url,
      keepaliveSeconds: 1,
    });
    desk.endLater(connectDevice(options));
    await broker.sees(
      () => broker.frames(sent("connect")).length > 1,
      () =>
        new Wrong({
          headline: "a CONNECT is never answered, and the device waits on",
          expected: "→ CONNECT, no answer, and a new CONNECT after 1.5 seconds",
          got: "no new CONNECT for 4 seconds",
          why: "a broker that hangs, or a line that died meanwhile, never answers; the library waits for 30 seconds unless connectTimeout says less",
          wire: broker.frames(),
        }),
    );
  });

  const noConnect = (wire: Frame[]) =>
    new Wrong({
      headline: "no CONNECT came",
      expected: "→ CONNECT",
      got: "nothing",
      why: "connectDevice connects at once",
      wire,
    });

  const connects = async (broker: ScriptedBroker, count: number) => {
    const all = () => broker.frames(sent("connect"));
    await broker.sees(
      () => all().length >= count,
      () =>
        new Wrong({
          headline: `${count} CONNECTs were to come, and only ${all().length} did`,
          expected: "a device tries again for ever, and soon enough",
          got: `none for a while, after ${all().length}`,
          why: "the wait is bounded by maxMs, and whatever ended the line, another attempt follows",
          wire: all().slice(-5),
        }),
      CROWD,
    );
    return all();
  };

  const connected = (client: ReturnType<typeof connect>, broker: ScriptedBroker) =>
    settles("connectDevice", async () => {
      if (!client.connected) await new Promise((resolve) => client.once("connect", resolve));
      if (broker.lines.size === 0) throw brokerGone("it has no line");
    });

  const cutAll = (broker: ScriptedBroker) => {
    for (const line of broker.lines) line.cut();
  };
});
