import { isDeepStrictEqual } from "node:util";
import { loadAnswers } from "../../workbook/checks/harness/answers.ts";
import { check, describe } from "../../workbook/checks/harness/check.ts";
import { settles } from "../../workbook/checks/harness/deadline.ts";
import type { Desk } from "../../workbook/checks/harness/desk.ts";
import { Wrong } from "../../workbook/checks/harness/wrong.ts";
import { amqpFrame, type Batch, http2Frame, reading } from "../../workbook/protocols/batch.ts";
import { deliveryOptions, type Guarantee, type Leg } from "../../workbook/protocols/delivery.ts";
import type {
  Analyses,
  Crossing,
  Delivery,
  Findings,
  Fit,
  Overhead,
  Prices,
  Scaling,
} from "../../workbook/protocols/findings.ts";
import {
  type ConnectionCost,
  connectionCosts,
  type Measurement,
} from "../../workbook/protocols/measure.ts";
import { type Need, type Scenario, scenarios } from "../../workbook/protocols/needs.ts";
import { drawReport } from "../../workbook/protocols/report/draw.ts";
import {
  exampleTeams,
  type Pattern,
  patterns,
  type Teams,
} from "../../workbook/protocols/scaling.ts";
import {
  forEachSystem,
  type System,
  systemNames,
  systems,
} from "../../workbook/protocols/systems.ts";
import { madeUpMeasurements, makeBatches, publishAll } from "./protocol-batches.ts";

type Answers = typeof import("../../solutions/05-protocol-comparison.ts");
const answers = () => loadAnswers<Answers>();

const shown = (value: unknown) => JSON.stringify(value) ?? String(value);

describe("analyzeOverhead", () => {
  const name = "analyzeOverhead";

  const advice: Record<System, string> = {
    mqtt: "the remaining length takes one byte up to 127, two up to 16,383; the packet identifier takes two, and no properties take one",
    rabbitmq:
      "three kinds of frames, each in an envelope of 8 bytes, for every single reading; a long body takes several",
    kafka:
      "one request and one batch for all; the lengths in a record are zigzag numbers, and so is its place in the batch",
    pubsub:
      "a field is a byte, its length and its content; messages and attributes are fields too, and a long body takes several DATA frames",
  };

  /** Where the body of a message begins to take another frame. */
  const edgesOf: Record<System, readonly number[]> = {
    mqtt: [],
    rabbitmq: [amqpFrame - 9, amqpFrame - 8, amqpFrame - 7],
    kafka: [],
    pubsub: [http2Frame - 200, http2Frame, http2Frame + 200],
  };

  for (const system of systems) {
    check(name, `${systemNames[system]}: gives the bytes that the client sends`, async (desk) => {
      const { analyzeOverhead } = await answers();
      // Before the libraries are loaded: who has not begun need not wait for them.
      await settles(name, () => analyzeOverhead(reading, costsWith(45)));
      const sent = await publishAll(desk, system, makeBatches(desk, "sometimes", edgesOf[system]));
      for (const { batch, bytes, headers, messages } of sent) {
        const result = await settles(name, () => analyzeOverhead(batch, costsWith(headers)));
        const { publish } = overheadOf(result, system);
        if (publish === bytes) continue;
        const kinds = messages.map(({ name, segments }) => {
          const parts = segments.filter(({ length }) => length > 0);
          return `${name} = ${parts.map(({ kind, length }) => `${kind} ${length}`).join(" + ")}`;
        });
        throw new Wrong({
          headline: `the bytes for ${systemNames[system]} are not what its client sends`,
          expected: [`${bytes} for ${batchWords(batch)}`, ...new Set(kinds)].join("\n"),
          got: String(publish),
          why: advice[system],
        });
      }
    });
  }

  check(name, "says what each reading takes beyond topic and payload", async (desk) => {
    const { analyzeOverhead } = await answers();
    for (const batch of makeBatches(desk, "never")) {
      const result = await settles(name, () => analyzeOverhead(batch, costsWith(45)));
      for (const system of systems) {
        const { publish, beyond } = overheadOf(result, system);
        const known = Buffer.byteLength(batch.topic) + Buffer.byteLength(batch.payload);
        const expected = publish / batch.count - known;
        if (Math.abs(beyond - expected) < 0.001) continue;
        throw new Wrong({
          headline: `the bytes beyond topic and payload are wrong for ${systemNames[system]}`,
          expected: `${publish} / ${batch.count} - ${known} = ${expected}`,
          got: shown(beyond),
          why: "each reading has a topic and a payload, counted in bytes; in a large batch a system may need less than both",
        });
      }
    }
  });

  check(name, "says what a device moves that wakes up for one reading", async (desk) => {
    const { analyzeOverhead } = await answers();
    const costs = forEachSystem((): ConnectionCost => {
      const some = () => 1 + Math.floor(desk.random() * 900);
      return { connect: some(), acknowledge: some(), roundTrips: some() % 9, headers: 0 };
    });
    for (const count of [1, 20]) {
      const batch = { ...reading, count };
      const result = await settles(name, () => analyzeOverhead(batch, costs));
      const alone = await settles(name, () => analyzeOverhead(reading, costs));
      for (const system of systems) {
        const { connect, acknowledge, roundTrips } = costs[system];
        const { publish } = overheadOf(alone, system);
        const expected = { wakeUp: connect + publish + acknowledge, roundTrips: roundTrips + 1 };
        const { wakeUp, roundTrips: trips } = overheadOf(result, system);
        if (wakeUp === expected.wakeUp && trips === expected.roundTrips) continue;
        throw new Wrong({
          headline: `waking up for one reading is wrong for ${systemNames[system]}`,
          expected: `${expected.wakeUp} B in ${expected.roundTrips} round trips: ${connect} to connect, ${publish} to publish one, ${acknowledge} for the answer`,
          got: `${wakeUp} B in ${trips} round trips, for a batch of ${count}`,
          why: "it wakes for one reading, whatever the batch; and the acknowledgement is one more time to wait",
        });
      }
    }
  });

  function costsWith(headers: number): Record<System, ConnectionCost> {
    return forEachSystem((system) => ({
      connect: 100,
      acknowledge: 10,
      roundTrips: 1,
      headers: system === "pubsub" ? headers : 0,
    }));
  }

  function overheadOf(result: Record<System, Overhead>, system: System): Overhead {
    const overhead: Overhead | undefined = result?.[system];
    if (typeof overhead?.publish === "number") return overhead;
    throw new Wrong({
      headline: `there are no figures for ${systemNames[system]}`,
      expected: `${system}: { publish, beyond, wakeUp, roundTrips }`,
      got: shown(overhead),
      why: "a comparison needs all four",
    });
  }

  function batchWords({ topic, payload, count, keyed }: Batch): string {
    return `${count} x ${Buffer.byteLength(topic)} B of topic and ${Buffer.byteLength(payload)} B of payload${keyed ? ", keyed" : ""}`;
  }
});

/** Each leg that there can be, and what its two hops promise. */
const promises: readonly (readonly [Leg, Guarantee, Guarantee])[] = [
  ...([0, 1, 2] as const).flatMap((publishQos) =>
    ([0, 1, 2] as const).map((subscribeQos) => {
      const levels = ["at most once", "at least once", "exactly once"] as const;
      const lower = publishQos < subscribeQos ? publishQos : subscribeQos;
      const leg = { system: "mqtt", publishQos, subscribeQos } as const;
      return [leg, levels[publishQos], levels[lower]] as const;
    }),
  ),
  [{ system: "rabbitmq", confirms: false, acks: "automatic" }, "at most once", "at most once"],
  [{ system: "rabbitmq", confirms: true, acks: "automatic" }, "at least once", "at most once"],
  [{ system: "rabbitmq", confirms: false, acks: "manual" }, "at most once", "at least once"],
  [{ system: "rabbitmq", confirms: true, acks: "manual" }, "at least once", "at least once"],
  ...(
    [
      ["before", "at most once"],
      ["after", "at least once"],
      ["transaction", "exactly once"],
    ] as const
  ).flatMap(([commit, received]) => {
    const kafka = { system: "kafka", commit } as const;
    return [
      [{ ...kafka, acks: 0, idempotent: false }, "at most once", received],
      [{ ...kafka, acks: "all", idempotent: false }, "at least once", received],
      [{ ...kafka, acks: "all", idempotent: true }, "exactly once", received],
    ] as const;
  }),
  [
    { system: "pubsub", exactlyOnce: false, subscription: "pull" },
    "at least once",
    "at least once",
  ],
  [{ system: "pubsub", exactlyOnce: true, subscription: "pull" }, "at least once", "exactly once"],
  [
    { system: "pubsub", exactlyOnce: false, subscription: "push" },
    "at least once",
    "at least once",
  ],
  [{ system: "pubsub", exactlyOnce: true, subscription: "push" }, "at least once", "at least once"],
];

describe("analyzeDeliveryGuarantees", () => {
  const name = "analyzeDeliveryGuarantees";

  const advice: Record<System, string> = {
    mqtt: "to the receiver counts the lower of two levels: the message's and the subscription's",
    rabbitmq: "who asks for no answer never hears of a loss; who does, sends again",
    kafka: "what decides is whether the broker knows a record again, and when the offset is noted",
    pubsub:
      "a publish that is sent again is a new message; exactly once is for pull, from the service to the receiver",
  };

  for (const system of systems) {
    check(name, `${systemNames[system]}: knows what each hop promises`, async () => {
      for (const [leg, ...hops] of promises) {
        if (leg.system !== system) continue;
        const { hops: got } = await judge([leg], false);
        if (isDeepStrictEqual(got, hops)) continue;
        throw new Wrong({
          headline: `the hops of ${systemNames[system]} promise something else`,
          expected: `${shown(leg)}: ${hops.join(", then ")}`,
          got: Array.isArray(got) ? got.join(", then ") : shown(got),
          why: advice[system],
        });
      }
    });
  }

  check(name, "joins two hops to one promise", async () => {
    for (const [leg, first, second] of promises) {
      const hops = [first, second];
      const expected = promise(hops.includes("at most once"), hops.includes("at least once"));
      const { endToEnd } = await judge([leg], false);
      if (endToEnd === expected) continue;
      throw new Wrong({
        headline: "the promise from end to end does not follow from the hops",
        expected: `${hops.join(" + ")} = ${expected}`,
        got: String(endToEnd),
        why: "ask both questions of the whole path: may it get lost anywhere, may it come twice anywhere?",
      });
    }
  });

  check(name, "knows what a bridge adds", async () => {
    const exact = promises.filter(([, ...hops]) => hops.every((hop) => hop === "exactly once"));
    for (const [first] of exact) {
      for (const [second] of exact) {
        const { endToEnd, hops } = await judge([first, second], false);
        if (endToEnd === "at least once" && hops?.length === 4) continue;
        throw new Wrong({
          headline: "a bridge between two legs is overlooked",
          expected: "4 hops, and at least once",
          got: `${hops?.length} hops, and ${endToEnd}`,
          why: "a bridge that dies after handing on and before acknowledging gets the message again, however good the hops are",
        });
      }
    }
  });

  check(name, "lets an idempotent receiver take copies for one", async () => {
    for (const [leg, ...hops] of promises) {
      for (const path of [[leg], [leg, leg]]) {
        const expected = hops.includes("at most once") ? "at most once" : "exactly once";
        const { endToEnd } = await judge(path, true);
        if (endToEnd === expected) continue;
        throw new Wrong({
          headline: "an idempotent receiver still works twice, or brings back what was lost",
          expected: `${hops.join(" + ")}, and the receiver knows copies = ${expected}`,
          got: String(endToEnd),
          why: "it takes away the copies, not the losses",
        });
      }
    }
  });

  async function judge(path: readonly Leg[], idempotent: boolean): Promise<Delivery> {
    const { analyzeDeliveryGuarantees } = await answers();
    const result = await settles(name, () => analyzeDeliveryGuarantees(path, idempotent));
    return result ?? {};
  }

  function promise(lost: boolean, repeated: boolean): Guarantee {
    if (lost && repeated) return "none";
    return lost ? "at most once" : repeated ? "at least once" : "exactly once";
  }
});

describe("analyzeScalabilityPatterns", () => {
  const name = "analyzeScalabilityPatterns";

  interface Rule {
    readonly field: keyof Scaling;
    readonly title: string;
    /** What is wrong, where it is. */
    readonly about: string;
    readonly why: string;
    expect(pattern: Pattern, teams: Teams): Scaling[keyof Scaling];
  }

  /** How many parts the work has that only one worker may do; `Infinity` where any may do any. */
  const parts = (pattern: Pattern, { partitions, sensors }: Teams) => {
    if (pattern === "kafka consumer group") return partitions;
    if (pattern === "pubsub ordered subscription") return sensors;
    return pattern === "rabbitmq single active consumer" ? 1 : Number.POSITIVE_INFINITY;
  };

  const rules: readonly Rule[] = [
    {
      field: "copies",
      title: "counts who gets a copy",
      about: "another number of workers gets each message",
      why: "a team shares one copy; only plain subscribers each have their own",
      expect: (pattern, { teams, workers }) =>
        pattern === "mqtt subscription" ? teams * workers : teams,
    },
    {
      field: "working",
      title: "counts who can be busy at once",
      about: "another number of workers can be busy",
      why: "where order is kept by giving each part to one worker, there cannot be more busy workers than parts",
      expect: (pattern, teams) => Math.min(teams.workers, parts(pattern, teams)),
    },
    {
      field: "inOrder",
      title: "knows where order survives",
      about: "order is kept or lost, but not as you say",
      why: "two workers that take turns do not finish in turns; order needs one worker for each sensor",
      expect: (pattern, teams) =>
        pattern === "mqtt subscription" || parts(pattern, teams) < Number.POSITIVE_INFINITY,
    },
    {
      field: "newcomer",
      title: "knows what a newcomer gets",
      about: "a newcomer gets something else",
      why: "where the parts are given out, it gets some of the others' if there are enough, and else nothing",
      expect: (pattern, teams) => {
        if (pattern === "mqtt subscription") return "a copy of every message";
        const all = parts(pattern, teams);
        if (all === Number.POSITIVE_INFINITY) return "a share of the work";
        return teams.workers < all ? "parts of others" : "nothing";
      },
    },
  ];

  for (const { field, title, about, why, expect } of rules) {
    check(name, title, async (desk) => {
      const { analyzeScalabilityPatterns } = await answers();
      for (const teams of makeTeams(desk)) {
        for (const pattern of patterns) {
          const result = await settles(name, () => analyzeScalabilityPatterns(pattern, teams));
          const expected = expect(pattern, teams);
          if (result?.[field] === expected) continue;
          throw new Wrong({
            headline: `${pattern}: ${about}`,
            expected: `${field}: ${shown(expected)}, for ${shown(teams)}`,
            got: shown(result?.[field]),
            why,
          });
        }
      }
    });
  }

  // Two workers at least: with one alone, order survives however the work is shared. And as many sensors as
  // partitions at least: all partitions have messages, and each sensor has its messages in one of them.
  function makeTeams({ random }: Desk): Teams[] {
    const upTo = (most: number) => 1 + Math.floor(random() * most);
    const some = Array.from({ length: 10 }, () => {
      const partitions = upTo(10);
      return { teams: upTo(5), workers: 1 + upTo(11), partitions, sensors: partitions + upTo(3) };
    });
    // As many workers as parts: the last of them is busy, the next is not.
    return [...some, { teams: 2, workers: 6, partitions: 6, sensors: 6 }, exampleTeams];
  }
});

describe("analyzeUseCaseFit", () => {
  const name = "analyzeUseCaseFit";

  /** Anything will do: no system fails a need of this one. */
  const easy: Scenario = {
    name: "A quiet workshop",
    devices: 30,
    readingsPerDay: 500,
    together: 1,
    connectsPerDay: 2,
    payloadBytes: 14,
    dailyBytes: Number.POSITIVE_INFINITY,
    replayHours: 0,
    order: false,
    offlineHours: 0,
    onPremises: false,
  };

  /** Prices in the proportions of the wire: a batch has a price of its own, and so has each reading. */
  const prices: Prices = {
    connect: { mqtt: 34, rabbitmq: 955, kafka: 230, pubsub: 270 },
    publish: ({ topic, payload, count, keyed }) => {
      const both = topic.length + payload.length;
      const perRecord = payload.length + (keyed ? topic.length : 0);
      return {
        mqtt: count * (7 + both),
        rabbitmq: count * (60 + both),
        kafka: 126 + topic.length + count * (8 + perRecord),
        pubsub: 94 + topic.length + count * (4 + perRecord + (keyed ? 12 : 0)),
      };
    },
  };

  check(name, "counts the bytes of a device's day", async () => {
    for (const scenario of [easy, { ...easy, connectsPerDay: 48, payloadBytes: 230 }]) {
      const { ranking } = await suits(scenario);
      const one = prices.publish({ ...reading, payload: "x".repeat(scenario.payloadBytes) });
      for (const { system, bytesPerDay } of ranking) {
        const connecting = scenario.connectsPerDay * prices.connect[system];
        const expected = connecting + scenario.readingsPerDay * one[system];
        if (Math.abs(bytesPerDay - expected) < 0.01) continue;
        throw new Wrong({
          headline: `the bytes of a day are wrong for ${systemNames[system]}`,
          expected: `${scenario.connectsPerDay} x ${prices.connect[system]} + ${scenario.readingsPerDay} x ${one[system]} = ${expected}`,
          got: shown(bytesPerDay),
          why: "a device pays for every connection and for every reading",
        });
      }
    }
  });

  check(name, "sees the best one change when readings go out together", async () => {
    for (const [together, expected] of [
      [1, "mqtt"],
      [100, "pubsub"],
    ] as const) {
      const why =
        "a batch is priced as a batch: divide the readings of a day by those that go together, and look up the price for that many";
      const scenario = { ...easy, readingsPerDay: 10_000, connectsPerDay: 0, together };
      const { ranking } = await suits(scenario);
      const [best] = ranking;
      if (best?.system !== expected) {
        throw new Wrong({
          headline: `the best choice for ${together} readings together is another one`,
          expected: systemNames[expected],
          got: order(ranking),
          why,
        });
      }
      const payload = "x".repeat(scenario.payloadBytes);
      const batch = prices.publish({ ...reading, payload, count: together })[expected];
      const bytes = (scenario.readingsPerDay / together) * batch;
      if (Math.abs(best.bytesPerDay - bytes) < 0.01) continue;
      throw new Wrong({
        headline: `a day of batches of ${together} costs something else`,
        expected: `${scenario.readingsPerDay} / ${together} x ${batch} = ${bytes}`,
        got: shown(best.bytesPerDay),
        why,
      });
    }
  });

  // Each changes one need of a scenario that everything suits, to just within and just beyond.
  const limits: readonly {
    readonly need: Need;
    readonly why: string;
    readonly cases: readonly (readonly [Partial<Scenario>, readonly System[]])[];
  }[] = [
    {
      need: "payload",
      why: "the largest message that each of them takes is in the capabilities",
      cases: [
        [{ payloadBytes: 1_048_588 }, []],
        [{ payloadBytes: 1_048_589 }, ["kafka"]],
        [{ payloadBytes: 10_000_001 }, ["kafka", "pubsub"]],
        [{ payloadBytes: 16_777_217 }, ["rabbitmq", "kafka", "pubsub"]],
      ],
    },
    {
      need: "data plan",
      why: "the bytes of a day may not be more than the link gives",
      cases: [
        [{ dailyBytes: 2 * 34 + 500 * 46 }, ["rabbitmq", "kafka", "pubsub"]],
        [{ dailyBytes: 2 * 34 + 500 * 46 - 1 }, ["mqtt", "rabbitmq", "kafka", "pubsub"]],
      ],
    },
    {
      need: "replay",
      why: "MQTT keeps one message of a topic, Pub/Sub keeps them for 31 days, logs for as long as you like",
      cases: [
        [{ replayHours: 1 }, ["mqtt"]],
        [{ replayHours: 744 }, ["mqtt"]],
        [{ replayHours: 745 }, ["mqtt", "pubsub"]],
      ],
    },
    {
      need: "order",
      why: "workers share the readings: who then keeps those of one device together?",
      cases: [
        [{ order: false }, []],
        [{ order: true }, ["mqtt"]],
      ],
    },
    {
      need: "offline",
      why: "each device needs an inbox of its own, for as long as it is away; without commands it needs none",
      cases: [
        [{ devices: 1_000_000 }, []],
        [{ offlineHours: 1 }, ["kafka"]],
        [{ offlineHours: 1, devices: 10_000 }, ["kafka"]],
        [{ offlineHours: 1, devices: 10_001 }, ["kafka", "pubsub"]],
        [{ offlineHours: 744 }, ["kafka"]],
        [{ offlineHours: 745 }, ["kafka", "pubsub"]],
      ],
    },
    {
      need: "on premises",
      why: "one of the four is a service, and nothing that one can install",
      cases: [
        [{ onPremises: false }, []],
        [{ onPremises: true }, ["pubsub"]],
      ],
    },
  ];

  for (const { need, why, cases } of limits) {
    check(name, `knows who fails the need "${need}"`, async () => {
      for (const [change, failing] of cases) {
        const { ranking } = await suits({ ...easy, ...change });
        const got = systems.filter((system) =>
          ranking.find((entry) => entry.system === system)?.fails?.includes(need),
        );
        if (isDeepStrictEqual(got, failing)) continue;
        throw new Wrong({
          headline: `other systems fail the need "${need}"`,
          expected: `${names(failing)} for ${shown(change)}`,
          got: names(got),
          why,
        });
      }
    });
  }

  check(name, "ranks by needs first, then by bytes", async () => {
    const changes: Partial<Scenario>[] = [
      {},
      { together: 20 },
      { replayHours: 24 },
      { order: true, onPremises: true },
      { offlineHours: 5, devices: 20_000, together: 50, order: true },
    ];
    for (const change of changes) {
      const { ranking } = await suits({ ...easy, ...change });
      const sorted = ranking.toSorted(
        (a, b) => a.fails.length - b.fails.length || a.bytesPerDay - b.bytesPerDay,
      );
      if (isDeepStrictEqual(ranking, sorted)) continue;
      throw new Wrong({
        headline: "the ranking is not in its order",
        expected: order(sorted),
        got: order(ranking),
        why: "a system that cannot do it is no bargain; among those that can, the cheaper one",
      });
    }
  });

  const fleet: Partial<Scenario> = { devices: 100_000, offlineHours: 24, replayHours: 720 };
  const needsTwo: readonly (readonly [Partial<Scenario>, System, System])[] = [
    [{ ...fleet, dailyBytes: 25_000 }, "mqtt", "kafka"],
    [{ ...fleet, dailyBytes: 25_000, order: true }, "mqtt", "kafka"],
    // Too large for Kafka; Pub/Sub takes it for less than RabbitMQ, but not on premises.
    [
      { ...fleet, readingsPerDay: 2, dailyBytes: 4_000_150, payloadBytes: 2_000_000 },
      "mqtt",
      "pubsub",
    ],
    [
      {
        ...fleet,
        readingsPerDay: 2,
        dailyBytes: 4_000_150,
        payloadBytes: 2_000_000,
        onPremises: true,
      },
      "mqtt",
      "rabbitmq",
    ],
    // Longer than Pub/Sub retains.
    [{ ...fleet, dailyBytes: 25_000, replayHours: 10_000 }, "mqtt", "kafka"],
    // Pub/Sub would do for the devices too, and ranks before MQTT, but takes more bytes.
    [
      { offlineHours: 1, replayHours: 745, order: true, together: 3, dailyBytes: 40_000 },
      "mqtt",
      "kafka",
    ],
  ];

  check(name, "puts two together where one is not enough", async () => {
    for (const [change, devices, backend] of needsTwo) {
      const { combination } = await suits({ ...easy, ...change });
      if (combination?.devices === devices && combination.backend === backend) continue;
      throw new Wrong({
        headline: "another combination meets the needs, for fewer bytes",
        expected: `${systemNames[devices]} for the devices, ${systemNames[backend]} for the data: ${shown(change)}`,
        got: shown(combination),
        why: "each side has its own needs; a bridge sends keyed batches of 100, and that changes what is cheap",
      });
    }
  });

  check(name, "puts nothing together without need, or without hope", async () => {
    const alone: Partial<Scenario>[] = [
      {},
      { replayHours: 5 },
      // No device can afford it; no log takes messages of this size.
      { ...fleet, dailyBytes: 10 },
      { ...fleet, dailyBytes: 1e9, payloadBytes: 20_000_000, readingsPerDay: 1, order: true },
    ];
    for (const change of alone) {
      const { combination } = await suits({ ...easy, ...change });
      if (combination === undefined) continue;
      throw new Wrong({
        headline: "there is a combination where there should be none",
        expected: `no combination for ${shown(change)}`,
        got: shown(combination),
        why: "two systems and a bridge are twice the work: only where no single one does it, and where the two really do",
      });
    }
  });

  async function suits(scenario: Scenario): Promise<Fit> {
    const { analyzeUseCaseFit } = await answers();
    const result = await settles(name, () => analyzeUseCaseFit(scenario, prices));
    const ranked = Array.isArray(result?.ranking) ? result.ranking : [];
    const all = ranked.map(({ system }) => system);
    if (systems.every((system) => all.includes(system)) && all.length === systems.length) {
      return result;
    }
    throw new Wrong({
      headline: "the ranking does not hold each system once",
      expected: systems.join(", "),
      got: all.join(", ") || shown(result?.ranking),
      why: "who reads it wants to know of each of them, also why not",
    });
  }

  function order(ranking: Fit["ranking"]): string {
    return ranking
      .map(
        ({ system, fails, bytesPerDay }) =>
          `${systemNames[system]} (${fails?.length} failed, ${bytesPerDay} B)`,
      )
      .join(", ");
  }

  function names(some: readonly System[]): string {
    return some.map((system) => systemNames[system]).join(", ") || "nobody";
  }
});

describe("generateComparisonReport", () => {
  const name = "generateComparisonReport";

  /** Stand-ins for the learner's functions, that say what they were asked. */
  const analyses: Analyses = {
    analyzeOverhead: (batch, costs) =>
      forEachSystem((system) => ({
        publish: batch.count * batch.payload.length + costs[system].connect,
        beyond: batch.topic.length,
        wakeUp: costs[system].acknowledge,
        roundTrips: costs[system].roundTrips,
      })),
    analyzeDeliveryGuarantees: ([leg], idempotentReceiver) => {
      const hops = promises.find(([one]) => isDeepStrictEqual(one, leg))?.slice(1) as Guarantee[];
      return { hops, endToEnd: idempotentReceiver ? "exactly once" : "none" };
    },
    analyzeScalabilityPatterns: (pattern, { workers, partitions }) => ({
      copies: pattern.length,
      working: workers * partitions,
      inOrder: pattern.startsWith("k"),
      newcomer: "nothing",
    }),
    analyzeUseCaseFit: ({ devices, payloadBytes }, prices) => {
      const publish = prices.publish({ ...reading, payload: "x".repeat(payloadBytes % 1000) });
      return {
        ranking: systems.map((system) => ({
          system,
          fails: [],
          bytesPerDay: devices * prices.connect[system] + publish[system],
        })),
        combination: devices > 100 ? { devices: "rabbitmq", backend: "pubsub" } : undefined,
      };
    },
  };

  check(name, "finds where one system becomes cheaper", async (desk) => {
    // Late crossings, behind a batch of 30 that is a bargain once, and no more than that.
    // Pub/Sub gets below Kafka with the largest batch only.
    const fixed = { mqtt: 0, rabbitmq: 0, kafka: 900, pubsub: 1990 };
    const each = { mqtt: 46, rabbitmq: 99, kafka: 21, pubsub: 10 };
    await compareCrossings((system, keyed, count) =>
      count === 30 && system === "pubsub"
        ? 1
        : fixed[system] + count * each[system] + Number(keyed),
    );
    for (let round = 0; round < 5; round++) {
      const line = new Map(
        [false, true].flatMap((keyed) =>
          systems.map((system) => {
            const fixed = Math.floor(desk.random() * 200);
            return [`${system} ${keyed}`, { fixed, each: 10 + Math.floor(desk.random() * 60) }];
          }),
        ),
      );
      const cost = (system: System, keyed: boolean, count: number) => {
        const { fixed = 0, each = 0 } = line.get(`${system} ${keyed}`) ?? {};
        return fixed + count * each;
      };
      await compareCrossings(cost);
    }
  });

  const compareCrossings = async (cost: (system: System, keyed: boolean, n: number) => number) => {
    const { findings } = await generate(madeUpMeasurements(cost));
    const expected = [false, true].flatMap((keyed) =>
      systems.flatMap((before) =>
        systems.flatMap((after): Crossing[] => {
          const cheaper = (n: number) => cost(after, keyed, n) < cost(before, keyed, n);
          const sizes = Array.from({ length: 100 }, (_, index) => index + 1);
          const last = sizes.findLastIndex((n) => !cheaper(n));
          // Never cheaper in the end, or cheaper from the beginning.
          if (last === 99 || last === -1 || cheaper(1)) return [];
          return [{ keyed, before, after, count: last + 2 }];
        }),
      ),
    );
    const key = ({ keyed, before, after, count }: Crossing) =>
      `${keyed ? "keyed" : "one sensor"}: ${after} below ${before} from ${count}`;
    const missing = expected.map(key).filter((one) => !findings.crossings?.map(key).includes(one));
    const extra = findings.crossings?.map(key).filter((one) => !expected.map(key).includes(one));
    if (missing.length === 0 && extra?.length === 0) return;
    throw new Wrong({
      headline: "the crossings are not those of the measurements",
      expected: missing.join("\n") || "no others",
      got: extra?.join("\n") || "they are missing",
      why: "from some size up to the largest it must stay cheaper: a single bargain is no crossing",
    });
  };

  check(name, "has the overhead of the reading, at the measured costs", async () => {
    const measurements = someMeasurements();
    const { findings } = await generate(measurements);
    const expected = analyses.analyzeOverhead(reading, connectionCosts(measurements));
    same(findings, "overhead", expected, "hand over the reading, and what the connections cost");
  });

  check(name, "has the promise of the hop that each setting is about", async () => {
    const { findings } = await generate(someMeasurements());
    const expected = deliveryOptions.map(({ leg, hop }) => {
      const { hops } = analyses.analyzeDeliveryGuarantees([leg], false);
      return hops[hop === "publish" ? 0 : 1] ?? "none";
    });
    const why =
      "a setting is about one hop of its leg: the first to publish, the second to receive";
    same(findings, "delivery", expected, why);
  });

  check(name, "has every pattern, for the teams of the example", async () => {
    const { findings } = await generate(someMeasurements());
    const expected = patterns.map((pattern) =>
      analyses.analyzeScalabilityPatterns(pattern, exampleTeams),
    );
    same(findings, "scaling", expected, "one entry for each of the patterns, in their order");
  });

  check(name, "has every scenario, at the prices of formula and measurement", async () => {
    const measurements = someMeasurements();
    const { findings } = await generate(measurements);
    const costs = connectionCosts(measurements);
    const prices: Prices = {
      connect: forEachSystem((system) => costs[system].connect),
      publish: (batch) => {
        const overhead = analyses.analyzeOverhead(batch, costs);
        return forEachSystem((system) => overhead[system].publish);
      },
    };
    const expected = scenarios.map((scenario) => analyses.analyzeUseCaseFit(scenario, prices));
    const why = "what a batch costs says analyzeOverhead; what a connection costs was measured";
    same(findings, "fits", expected, why);
  });

  check(name, "draws what it found", async () => {
    const measurements = someMeasurements();
    const { findings, terminal, markdown, html } = await generate(measurements);
    const drawn = drawReport(findings);
    const complete =
      terminal === drawn.terminal && markdown === drawn.markdown && html === drawn.html;
    if (complete && isDeepStrictEqual(findings.measurements, measurements)) return;
    throw new Wrong({
      headline: "the report does not show its own findings",
      expected:
        "the terminal's, the Markdown's and the page's text, as drawReport draws the findings",
      got: complete ? "findings without the measurements" : "another text, or none",
      why: "drawReport returns the whole report: give it all the findings",
    });
  });

  function someMeasurements(): Measurement[] {
    return madeUpMeasurements((system, keyed, count) => (keyed ? 9 : 5) * count + system.length);
  }

  async function generate(measurements: readonly Measurement[]) {
    const { generateComparisonReport } = await answers();
    const report = await settles(name, () => generateComparisonReport(measurements, analyses));
    if (report?.findings !== undefined) return report;
    throw new Wrong({
      headline: "there is no report",
      expected: "what drawReport returns",
      got: shown(report),
      why: "the findings are the report's data, and drawReport makes the report of them",
    });
  }

  function same(findings: Findings, field: keyof Findings, expected: unknown, why: string): void {
    const got = findings[field];
    if (says(got, expected)) return;
    throw new Wrong({
      headline: `the findings have something else under "${field}"`,
      expected: shorten(shown(expected)),
      got: shorten(shown(got)),
      why,
    });
  }

  /** Whether all that is expected is there. It may say more, such as which pattern it is about. */
  function says(got: unknown, expected: unknown): boolean {
    if (typeof expected !== "object" || expected === null) return got === expected;
    if (typeof got !== "object" || got === null) return false;
    if (Array.isArray(expected) && expected.length !== (got as unknown[]).length) return false;
    return Object.entries(expected).every(([key, value]) =>
      says((got as Record<string, unknown>)[key], value),
    );
  }

  function shorten(text: string): string {
    return text.length > 300 ? `${text.slice(0, 300)} ...` : text;
  }
});
