import { background } from "../background.ts";
import { deliveryOptions, type Leg } from "../delivery.ts";
import type { Crossing, Findings, Fit } from "../findings.ts";
import { type BatchCost, comparedMeasurement, LARGEST, type Measurement } from "../measure.ts";
import { capabilityFacts, type Need, type Scenario, scenarios } from "../needs.ts";
import { segmentKinds } from "../probe.ts";
import { exampleTeams, patternFacts, patterns } from "../scaling.ts";
import type { Fact, Source } from "../sources.ts";
import { type System, systemNames, systems } from "../systems.ts";

/** The report's content, before it is laid out for a terminal, for Markdown or for a browser. */
export interface Section {
  readonly title: string;
  readonly paragraphs: readonly string[];
  readonly tables: readonly Table[];
  readonly list?: readonly string[];
  readonly chart?: "batches" | "segments";
}

export interface Table {
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
}

export interface Column {
  readonly title: string;
  readonly numeric?: true;
  /** Whole sentences, for which a narrow screen has no column. */
  readonly prose?: true;
}

/** Numbers the sources in the order in which they are first named. */
class Citations {
  readonly #sources: Source[] = [];

  cite({ text, source }: Fact): string {
    if (!this.#sources.includes(source)) this.#sources.push(source);
    return `${text} [${this.#sources.indexOf(source) + 1}]`;
  }

  get list(): string[] {
    return this.#sources.map(
      ({ title, version, year, url }, index) =>
        `[${index + 1}] ${title} (${version}, ${year}), ${url}`,
    );
  }
}

/** All sections of the report, in order. */
export function sectionsOf(findings: Findings): Section[] {
  const citations = new Citations();
  const sections = [
    oneReading(findings),
    connecting(findings),
    batches(findings),
    delivery(findings, citations),
    scaling(findings, citations),
    fits(findings, citations),
    backgroundFacts(citations),
    measuredAgainst(findings),
  ];
  const sourcesOf = { title: "Sources", paragraphs: [], tables: [], list: citations.list };
  return [...sections, sourcesOf];
}

const numeric = (title: string) => ({ title, numeric: true }) as const;
const words = (title: string) => ({ title });
const prose = (title: string) => ({ title, prose: true }) as const;

function oneReading({ measurements }: Findings): Section {
  // What occurs nowhere needs no column.
  const kinds = segmentKinds.filter((kind) =>
    measurements.some(({ segments }) => segments[kind] > 0),
  );
  return {
    title: "One reading, byte by byte",
    paragraphs: [
      `The reading is ${readingSize(measurements)} bytes of topic and payload. This is what a client sends to publish it, on a connection that has been used before.`,
    ],
    tables: [
      {
        caption: "Bytes that a client sends for one reading, by what they are there for",
        columns: [words("way"), ...kinds.map(numeric), numeric("sum"), numeric("ack")],
        rows: measurements.map(({ label, segments, single }) => [
          label,
          ...kinds.map((kind) => String(segments[kind])),
          String(single.publish),
          String(single.acknowledge),
        ]),
      },
    ],
    chart: "segments",
  };
}

/** Of MQTT, which says the topic and the payload as they are. */
function readingSize(measurements: readonly Measurement[]): number {
  const { topic, payload } = comparedMeasurement(measurements, "mqtt").segments;
  return topic + payload;
}

function connecting({ measurements, overhead }: Findings): Section {
  return {
    title: "To connect, and to wake up for one reading",
    paragraphs: [
      "Bytes to the server and back until a client may publish, without TCP and TLS, and how often it waits for an answer meanwhile. To wake up is to connect, send one reading and wait for its acknowledgement.",
    ],
    tables: [
      {
        caption: "Bytes and round trips to connect",
        columns: [
          words("way"),
          numeric("sent"),
          numeric("back"),
          numeric("trips"),
          numeric("first"),
          numeric("later"),
          numeric(String(LARGEST)),
          numeric("each"),
        ],
        rows: measurements.map(({ label, connect, first, single, batches }) => {
          const largest = batches.find(({ keyed, count }) => !keyed && count === LARGEST);
          return [
            label,
            String(connect.sent),
            String(connect.received),
            String(connect.roundTrips),
            String(first.publish),
            String(single.publish),
            String(largest?.publish),
            largest === undefined ? "" : perReading(largest),
          ];
        }),
      },
      {
        caption: "What the formulas say, beside what was measured",
        columns: [
          words("system"),
          numeric("formula"),
          numeric("measured"),
          numeric("beyond"),
          numeric("wake up"),
          numeric("trips"),
        ],
        rows: systems.map((system) => {
          const { publish, beyond, wakeUp, roundTrips } = overhead[system];
          const { single } = comparedMeasurement(measurements, system);
          const figures = [publish, single.publish, beyond, wakeUp, roundTrips];
          return [systemNames[system], ...figures.map(String)];
        }),
      },
    ],
  };
}

function perReading({ publish, count }: BatchCost): string {
  return (publish / count).toFixed(1);
}

/** The sizes of batches that the table shows. */
const shownSizes = [1, 2, 5, 10, 20, 50, LARGEST];

function batches(findings: Findings): Section {
  const { measurements } = findings;
  const crossings = numbered(findings);
  const table = (keyed: boolean): Table => ({
    caption: `Bytes a reading by size of the batch, ${keyed ? "each with its sensor's id" : "all of one sensor"}`,
    columns: [words("batch"), ...systems.map((system) => numeric(systemNames[system]))],
    rows: shownSizes.map((count) => [
      String(count),
      ...systems.map((system) => {
        const batch = comparedMeasurement(measurements, system).batches.find(
          (one) => one.keyed === keyed && one.count === count,
        );
        return batch === undefined ? "" : perReading(batch);
      }),
    ]),
  });
  return {
    title: "The same in batches",
    paragraphs: batchWords(crossings),
    tables: [table(false), table(true)],
    list: numbered(findings).map(({ number, text }) => `${number}. ${text}`),
    chart: "batches",
  };
}

/** What the crossings say of MQTT. Computed, as all of this is: other figures make other sentences. */
function batchWords(crossings: readonly Crossing[]): string[] {
  const beating = (keyed: boolean) =>
    crossings.filter((crossing) => crossing.keyed === keyed && crossing.before === "mqtt");
  const name = ({ after, count }: Crossing) => `${systemNames[after]} from ${count} readings on`;
  const [plain, keyed] = [beating(false), beating(true)];
  return [
    plain.length === 0
      ? "In batches of one sensor nothing gets cheaper than MQTT."
      : `In batches of one sensor MQTT is overtaken: by ${plain.map(name).join(", by ")}.`,
    keyed.length === 0
      ? "Where each reading carries its sensor's id, nothing overtakes MQTT up to the largest batch."
      : `Where each reading carries its sensor's id, MQTT is overtaken by ${keyed.map(name).join(", by ")}.`,
  ];
}

/** The crossings in the order of their batches, with a number and in words. */
export function numbered({ crossings }: Findings): (Crossing & { number: number; text: string })[] {
  return crossings
    .toSorted((a, b) => Number(a.keyed) - Number(b.keyed) || a.count - b.count)
    .map((crossing, index) => ({ ...crossing, number: index + 1, text: crossingWords(crossing) }));
}

/** e.g. `one sensor: from 6 readings on, Kafka sends less than MQTT 5`. */
function crossingWords({ keyed, before, after, count }: Crossing): string {
  const which = keyed ? "many sensors" : "one sensor";
  return `${which}: from ${count} readings on, ${systemNames[after]} sends less than ${systemNames[before]}`;
}

function legSystem({ system }: Leg): string {
  return systemNames[system];
}

function delivery({ delivery }: Findings, citations: Citations): Section {
  return {
    title: "What each system promises, and where it ends",
    paragraphs: [
      "A promise is made for a hop: from the publisher to the server, or from there to the receiver. What a program does with a message is not covered by any of them.",
    ],
    tables: [
      {
        caption: "Delivery guarantees by hop",
        columns: [
          ...["system", "hop", "setting", "chosen per", "promise"].map(words),
          prose("limit"),
        ],
        rows: deliveryOptions.map(({ leg, hop, setting, chosenPer, limit }, index) => [
          legSystem(leg),
          hop,
          setting,
          chosenPer,
          delivery[index] ?? "",
          citations.cite(limit),
        ]),
      },
    ],
  };
}

function scaling({ scaling }: Findings, citations: Citations): Section {
  const { teams, workers, partitions, sensors } = exampleTeams;
  return {
    title: "Sharing the work",
    paragraphs: [
      `For ${teams} teams of ${workers} workers, ${partitions} partitions and ${sensors} sensors: how many workers get each message, how many of a team can be busy, whether the readings of a sensor stay in order, and what one worker more gets.`,
    ],
    tables: [
      {
        caption: "Ways to spread messages over workers",
        columns: [
          words("way"),
          numeric("copies"),
          numeric("busy"),
          words("in order"),
          words("one more gets"),
          prose("rule"),
        ],
        rows: patterns.map((pattern, index) => {
          const found = scaling[index];
          return [
            pattern,
            String(found?.copies),
            String(found?.working),
            found?.inOrder ? "yes" : "no",
            found?.newcomer ?? "",
            citations.cite(patternFacts[pattern]),
          ];
        }),
      },
    ],
  };
}

function fits({ fits }: Findings, citations: Citations): Section {
  return {
    title: "Which one for what",
    paragraphs: [
      "Ranked by the needs that a system fails, then by the bytes that a device moves each day.",
    ],
    tables: scenarios.map((scenario, index) => fitTable(scenario, fits[index], citations)),
  };
}

const needFacts: Record<Need, keyof (typeof capabilityFacts)["mqtt"] | undefined> = {
  payload: "maxPayload",
  "data plan": undefined,
  replay: "replayHours",
  order: "orderedWorkers",
  offline: "inboxes",
  "on premises": "runsOnPremises",
};

function fitTable(scenario: Scenario, fit: Fit | undefined, citations: Citations): Table {
  const reason = (system: System, need: Need) => {
    const fact = needFacts[need];
    const why =
      fact === undefined ? "over the limit" : citations.cite(capabilityFacts[system][fact]);
    return `${need}: ${why}`;
  };
  const { combination, ranking = [] } = fit ?? {};
  const both = combination
    ? `. Answer: ${systemNames[combination.devices]} for the devices, a bridge, ${systemNames[combination.backend]} for the data`
    : ranking[0]?.fails.length === 0
      ? `. Answer: ${systemNames[ranking[0].system]}`
      : ". Answer: none of the four, nor any two";
  return {
    caption: `${scenario.name}: ${scenarioWords(scenario)}${both}`,
    columns: [words("rank"), words("system"), numeric("bytes a day"), prose("fails")],
    rows: ranking.map(({ system, fails, bytesPerDay }, index) => [
      String(index + 1),
      systemNames[system],
      Math.round(bytesPerDay).toLocaleString("en"),
      fails.map((need) => reason(system, need)).join("; ") || "nothing",
    ]),
  };
}

function scenarioWords(scenario: Scenario): string {
  const n = (number: number) => number.toLocaleString("en");
  const { together, dailyBytes, replayHours, offlineHours } = scenario;
  return [
    `${n(scenario.devices)} devices`,
    `${n(scenario.readingsPerDay)} readings of ${n(scenario.payloadBytes)} B a day${together > 1 ? `, ${together} together` : ""}`,
    dailyBytes < Number.POSITIVE_INFINITY && `at most ${n(dailyBytes)} B a day`,
    replayHours > 0 && `replay of ${n(replayHours)} h`,
    scenario.order && "in order",
    offlineHours > 0 && `commands wait ${n(offlineHours)} h`,
    scenario.onPremises && "on premises",
  ]
    .filter(Boolean)
    .join(", ");
}

function backgroundFacts(citations: Citations): Section {
  return {
    title: "Good to know",
    paragraphs: [],
    tables: [],
    list: systems.flatMap((system) =>
      background[system].map((fact) => `${systemNames[system]}: ${citations.cite(fact)}`),
    ),
  };
}

function measuredAgainst({ measurements }: Findings): Section {
  const fakes = measurements.filter(({ server }) => server.kind === "fake");
  return {
    title: "What the figures come from",
    paragraphs: [
      "Every byte was counted on the line between a real client library and what answered it.",
      fakes.length === 0
        ? "Real servers answered all of them."
        : "A fake is a small server inside this program. What a client sends to publish is the same as with a real server; what comes back, and the bytes to connect, differ from server to server.",
    ],
    tables: [
      {
        caption: "Who answered",
        columns: [words("way"), words("answered by"), words("kind")],
        rows: measurements.map(({ label, server }) => [
          label,
          server.name,
          server.kind === "fake" ? "fake" : "real server",
        ]),
      },
    ],
  };
}
