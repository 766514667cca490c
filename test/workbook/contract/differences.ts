import { behaviours } from "./behaviours.ts";

/** Where a broker does something else than the contract says. The contract test keeps this true. */
export interface Difference {
  /** The name of an entry in behaviours.ts. */
  readonly behaviour: string;
  readonly kind: "embedded" | "mosquitto";
  /** For Mosquitto, the version in which it was seen. */
  readonly version?: (typeof mosquittoVersions)[number];
  readonly observed: string;
  readonly why: string;
}

/** The versions of Mosquitto for which the table below is complete. */
export const mosquittoVersions = ["2.0.11"] as const;

export const differences: readonly Difference[] = [
  {
    behaviour: "effective QoS through a wildcard",
    kind: "embedded",
    observed: "000 011 022",
    why: "Aedes lowers QoS 2 to a granted QoS 1 only where the filter is the topic itself",
  },
  {
    behaviour: "a publish that matches nothing is answered with",
    kind: "embedded",
    observed: "reason 0",
    why: "Aedes acknowledges before it looks for subscribers; reason 16 is optional",
  },
  {
    behaviour: "two overlapping filters of one client deliver",
    kind: "embedded",
    observed: "1 copy",
    why: "Aedes delivers a message to a client once; the specification allows either",
  },
  {
    behaviour: "of two matching subscriptions the identifiers told are",
    kind: "embedded",
    observed: "1",
    why: "the one copy carries one identifier, although it should carry both [MQTT-3.3.4-4]",
  },
  {
    behaviour: "a resumed session without subscriptions says",
    kind: "embedded",
    observed: "no session",
    why: "Aedes knows a session by its subscriptions",
  },
  {
    behaviour: "a session resumed for this connection alone delivers",
    kind: "embedded",
    observed: "nothing",
    why: "a CONNECT without a Session Expiry Interval makes Aedes drop what was queued",
  },
  {
    behaviour: "a message over the client's Maximum Packet Size",
    kind: "embedded",
    observed: "is delivered",
    why: "Aedes notes the client's limit and does not keep to it [MQTT-3.1.2-24]",
  },
  {
    behaviour: "a second client with the same id ends the first with",
    kind: "mosquitto",
    version: "2.0.11",
    observed: "closed",
    why: "this version closes the connection without a DISCONNECT",
  },
  {
    behaviour: "a group gets retained messages",
    kind: "mosquitto",
    version: "2.0.11",
    observed: "yes",
    why: "this version sends retained messages to a shared subscription as to any other",
  },
];

/**
 * What a broker may be seen to do. A Mosquitto of a version that nobody has tried may do what any
 * tried one does.
 */
export function accepted(behaviour: string, broker: { kind: string; name: string }): string[] {
  const expected = behaviours.filter(({ name }) => name === behaviour).map((one) => one.expected);
  const known = differences.filter((one) => one.behaviour === behaviour);
  if (broker.kind === "embedded") {
    const own = known.filter(({ kind }) => kind === "embedded");
    return own.length > 0 ? own.map(({ observed }) => observed) : expected;
  }
  const others = known.filter(({ kind }) => kind === "mosquitto");
  const tried = mosquittoVersions.find((version) => broker.name.includes(`Mosquitto ${version} `));
  if (tried === undefined) return [...expected, ...others.map(({ observed }) => observed)];
  const own = others.filter(({ version }) => version === tried);
  return own.length > 0 ? own.map(({ observed }) => observed) : expected;
}

/** The differences for people, in Markdown. */
export function differencesTable(): string {
  const rows = differences.map(({ behaviour, kind, version, observed, why }) => {
    const expected = behaviours.find(({ name }) => name === behaviour)?.expected;
    const broker = kind === "embedded" ? "embedded" : `Mosquitto ${version}`;
    return [broker, behaviour, expected, observed, why];
  });
  const head = ["Broker", "Behaviour", "Expected", "There", "Why"];
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

const section = /(<!-- differences -->\n).*?(\n<!-- \/differences -->)/s;

/** The table as a README has it between its markers, if it has them. */
export function tableIn(readme: string): string | undefined {
  const found = section.exec(readme);
  return found?.[0].slice(found[1]?.length, -(found[2]?.length ?? 0)).trim();
}

/** The README with the table as it is now. */
export function withTable(readme: string): string {
  return readme.replace(section, (_, begin, end) => `${begin}\n${differencesTable()}\n${end}`);
}
