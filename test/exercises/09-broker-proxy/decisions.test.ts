import type { Outcome, Verdict } from "../../../solutions/09-broker-proxy.ts";
import { check, describe } from "../../../workbook/checks/harness/check.ts";
import { usePrefix } from "../../../workbook/checks/harness/own-names.ts";
import { Wrong } from "../../../workbook/checks/harness/wrong.ts";
import { sizeOnWire } from "../../../workbook/proxy/message.ts";
import type { Policy, Route } from "../../../workbook/proxy/routes.ts";
import { prefixed } from "../../../workbook/telemetry.ts";
import { answers, few, messageOf } from "./lab.ts";

describe("legClientId", () => {
  check("legClientId", "is another one for each device and broker", async () => {
    const { legClientId } = await answers();
    const brokers = ["a", "b", "a-b", "b-a", "a-b-a", "site", "cloud"];
    const devices = ["a", "b", "a-b", "b-a", "a/b", "b/a", "/a", "a/", "", "b-site", "a b", "a:b"];
    const owners = new Map<string, string>();
    for (const broker of brokers) {
      for (const device of devices) {
        const id = legClientId(broker, device);
        const owner = `"${device}" at "${broker}"`;
        const other = owners.get(id);
        if (other !== undefined) {
          throw new Wrong({
            headline: "two legs have the same client id",
            expected: `one id for ${other}, and another one for ${owner}`,
            got: `${id} for both`,
            why: "two clients with one id throw each other out, and both come back, for ever [MQTT-3.1.4-3]",
          });
        }
        owners.set(id, owner);
      }
    }
  });

  check("legClientId", "stays the same, and begins with your prefix", async (desk) => {
    usePrefix(desk);
    const { legClientId } = await answers();
    const ids = [1, 2, 3].map(() => legClientId("site", "pump"));
    const [first = ""] = ids;
    if (new Set(ids).size === 1 && first.startsWith(prefixed(""))) return;
    throw new Wrong({
      headline: "a leg's client id is not the same each time, or not your own",
      expected: `always the same one, which begins with ${prefixed("")}`,
      got: few([...new Set(ids)]),
      why: "access rules and logs go by the client id, and in a class the prefix keeps yours apart",
    });
  });
});

describe("routeOf", () => {
  check("routeOf", "takes the first route that matches", async () => {
    const { routeOf } = await answers();
    const routes = [
      route("alarms/+/fire", "a"),
      route("alarms/#", "b"),
      route("alarms/hall/+", "d"),
      route("#", "c"),
    ];
    const topics = ["alarms/hall/fire", "alarms/hall/water", "alarms", "alarms/hall/fire/2", "x"];
    const got = topics.map((topic) => routeOf(routes, topic)?.brokers[0]);
    if (got.join() === "a,b,b,b,c") return;
    throw new Wrong({
      headline: "a topic takes the wrong route",
      expected: `${few(topics)} by ${few(routes.map(({ filter }) => filter))}: to a, b, b, b, c`,
      got: few(got.map((name) => name ?? "none")),
      why: "who reads a table from above must know at the first line that fits where a message goes",
    });
  });

  check("routeOf", "finds none where no filter matches", async () => {
    const { routeOf } = await answers();
    const routes = [route("alarms/#", "a"), route("readings/+", "b")];
    const topics = ["readings/1/2", "status", "$SYS/alarms"];
    const got = topics.map((topic) => routeOf(routes, topic));
    if (got.every((one) => one === undefined)) return;
    throw new Wrong({
      headline: "a topic takes a route that is not its own",
      expected: `no route for ${few(topics)}`,
      got: few(got.map((one) => one?.filter ?? "none")),
      why: "a message goes where somebody has said that it goes, and nowhere else",
    });
  });

  const route = (filter: string, broker: string): Route => {
    return { filter, brokers: [broker], acknowledge: "all" };
  };
});

describe("verdictOf", () => {
  const [ok, no, out, open] = ["acknowledged", "refused", "dropped", undefined] as const;
  type Case = readonly [readonly (Outcome | undefined)[], Verdict];

  check("verdictOf", "all: waits for every broker", async () => {
    await judge("all", [
      [[open, open, open], "wait"],
      [[ok, ok, open], "wait"],
      [[open, ok, ok], "wait"],
      [[ok, ok, ok], "acknowledge"],
      [[ok], "acknowledge"],
    ]);
  });

  check("verdictOf", "all: says no as soon as one never will", async () => {
    await judge("all", [
      [[ok, no, ok], "refuse"],
      [[ok, ok, out], "refuse"],
      [[open, out, open], "refuse"],
      [[no, open, open], "refuse"],
    ]);
  });

  check("verdictOf", "any: is content with one", async () => {
    await judge("any", [
      [[open, open, open], "wait"],
      [[open, open, ok], "acknowledge"],
      [[no, ok, open], "acknowledge"],
      [[out, no, ok], "acknowledge"],
      [[ok, ok, ok], "acknowledge"],
    ]);
  });

  check("verdictOf", "any: says no when none ever will", async () => {
    await judge("any", [
      [[out, no, open], "wait"],
      [[out, no, out], "refuse"],
      [[no], "refuse"],
    ]);
  });

  check("verdictOf", "primary: asks the first alone", async () => {
    await judge("primary", [
      [[open, ok, ok], "wait"],
      [[open, no, out], "wait"],
      [[ok, open, open], "acknowledge"],
      [[ok, no, out], "acknowledge"],
      [[out, ok, ok], "refuse"],
      [[no, open, open], "refuse"],
    ]);
  });

  const judge = async (policy: Policy, cases: readonly Case[]) => {
    const { verdictOf } = await answers();
    for (const [outcomes, expected] of cases) {
      const got = verdictOf(policy, outcomes);
      if (got === expected) continue;
      throw new Wrong({
        headline: `the policy ${policy} is not kept to`,
        expected: `${few(outcomes.map((one) => one ?? "not known yet"))}: ${expected}`,
        got: String(got),
        why: "the device forgets its message when it is acknowledged: too early loses it, too late fills the device",
      });
    }
  };
});

describe("fitTo", () => {
  check("fitTo", "lowers the QoS to what the broker allows, and no further", async (desk) => {
    const { fitTo } = await answers();
    const cases = [
      [1, {}, 1],
      [1, { maximumQoS: 0 }, 0],
      [1, { maximumQoS: 1 }, 1],
      [0, { maximumQoS: 1 }, 0],
    ] as const;
    for (const [qos, limits, expected] of cases) {
      const got = fitTo(messageOf(desk, { qos }), limits)?.qos;
      if (got === expected) continue;
      throw new Wrong({
        headline: "the QoS is not what the broker allows",
        expected: `QoS ${qos} and ${JSON.stringify(limits)}: QoS ${expected}`,
        got: `QoS ${got}`,
        why: "a packet above the Maximum QoS ends the line, with reason 155, and so each time it is sent again [MQTT-3.2.2-11]",
      });
    }
  });

  check("fitTo", "takes RETAIN off where the broker keeps nothing", async (desk) => {
    const { fitTo } = await answers();
    const cases = [
      [true, {}, true],
      [true, { retainAvailable: true }, true],
      [true, { retainAvailable: false }, false],
      [false, {}, false],
    ] as const;
    for (const [retain, limits, expected] of cases) {
      const got = fitTo(messageOf(desk, { retain }), limits)?.retain;
      if (got === expected) continue;
      throw new Wrong({
        headline: "the RETAIN flag is not what the broker allows",
        expected: `RETAIN ${retain} and ${JSON.stringify(limits)}: RETAIN ${expected}`,
        got: `RETAIN ${got}`,
        why: "a broker without retained messages ends the line over the flag; without it the message still goes to who is there [MQTT-3.2.2-14]",
      });
    }
  });

  check("fitTo", "leaves out what is larger than the broker takes", async (desk) => {
    const { fitTo } = await answers();
    const message = messageOf(desk, {
      payload: Buffer.from("°".repeat(200)),
      properties: { userProperties: { unit: "°C" } },
      copyId: "0123456789",
    });
    const size = sizeOnWire(message);
    for (const [maximumPacketSize, fits] of [
      [size, true],
      [size - 1, false],
      [undefined, true],
    ] as const) {
      const limits = maximumPacketSize === undefined ? {} : { maximumPacketSize };
      if ((fitTo(message, limits) !== undefined) === fits) continue;
      throw new Wrong({
        headline: "the Maximum Packet Size is not kept to",
        expected: `a packet of ${size} bytes and ${JSON.stringify(limits)}: ${fits ? "the message" : "undefined"}`,
        got: fits ? "undefined" : "the message",
        why: "the size is that of the whole packet in bytes; one byte too many ends the line [MQTT-3.2.2-15]",
      });
    }
  });

  check("fitTo", "leaves the message itself as it is", async (desk) => {
    const { fitTo } = await answers();
    const message = messageOf(desk, { retain: true, copyId: "copy-1" });
    const fitted = fitTo(message, { maximumQoS: 0, retainAvailable: false });
    const { topic, payload, copyId } = fitted ?? {};
    const isWhole =
      topic === message.topic && payload?.equals(message.payload) && copyId === message.copyId;
    if (message.qos === 1 && message.retain && isWhole) return;
    throw new Wrong({
      headline: isWhole
        ? "the message was changed for all brokers"
        : "something of the message is gone",
      expected: "a copy with another QoS and RETAIN flag, and all else as it was",
      got: isWhole
        ? `the message that was given now has QoS ${message.qos}, RETAIN ${message.retain}`
        : `topic ${topic}, ${payload?.length ?? 0} bytes of payload, copy id ${copyId}`,
      why: "the other brokers get the same message, and they may take all of it",
    });
  });
});

describe("Backlog", () => {
  check("Backlog", "gives back in order what was put in", async () => {
    const backlog = await backlogOf<number | string>(10);
    const got: unknown[] = [backlog.size, backlog.take()];
    for (const item of [1, 0, ""]) got.push(backlog.add(item));
    got.push(backlog.size, backlog.take(), backlog.take(), backlog.size, backlog.take());
    got.push(backlog.size, backlog.take(), backlog.dropped);
    const expected = [
      0,
      undefined,
      undefined,
      undefined,
      undefined,
      3,
      1,
      0,
      1,
      "",
      0,
      undefined,
      0,
    ];
    if (JSON.stringify(got) === JSON.stringify(expected)) return;
    throw new Wrong({
      headline: "what comes out of the backlog is not what went in",
      expected: "the oldest first, then nothing; size counts what is left",
      got: `after 1, 0 and "" were added: ${JSON.stringify(got.slice(5))}, not ${JSON.stringify(expected.slice(5))}`,
      why: "a reading that overtakes an older one makes the past look like now",
    });
  });

  check("Backlog", "drops the oldest when it is full", async () => {
    const backlog = await backlogOf<number>(3);
    const gone = [1, 2, 3, 4, 5].map((item) => backlog.add(item));
    const left = [backlog.take(), backlog.take(), backlog.take(), backlog.take()];
    if (
      JSON.stringify([gone, left]) ===
      JSON.stringify([
        [null, null, null, 1, 2],
        [3, 4, 5, null],
      ])
    ) {
      return;
    }
    throw new Wrong({
      headline: "a full backlog does not let the oldest go",
      expected: "3 of 5 fit: add returns 1 and 2, take returns 3, 4 and 5",
      got: `add returned ${few(gone)}; take returned ${few(left)}`,
      why: "what nobody bounds grows until the memory is full; and who is told what went can say so",
    });
  });

  check("Backlog", "counts what it drops", async () => {
    const backlog = await backlogOf<number>(2);
    const counts = [1, 2, 3, 4].map((item) => {
      backlog.add(item);
      return backlog.dropped;
    });
    backlog.take();
    counts.push(backlog.dropped);
    if (counts.join() === "0,0,1,2,2") return;
    throw new Wrong({
      headline: "the backlog does not count what it drops",
      expected: "dropped is 0, 0, 1, 2 after four items for two places, and 2 after one was taken",
      got: few(counts),
      why: "what is dropped and not counted is found out by the one who misses it",
    });
  });

  const backlogOf = async <Item>(capacity: number) => {
    const { Backlog } = await answers();
    return new Backlog<Item>(capacity);
  };
});
