import { check, describe } from "../../../workbook/checks/harness/check.ts";
import { settles } from "../../../workbook/checks/harness/deadline.ts";
import type { Desk } from "../../../workbook/checks/harness/desk.ts";
import { Wrong } from "../../../workbook/checks/harness/wrong.ts";
import {
  answers,
  dashboardPort,
  filesOf,
  knocks,
  notMine,
  passwords,
  type SecuredBroker,
  securedBroker,
  tenants,
  textOf,
  type Visitor,
  visit,
} from "./secured-broker.ts";

/** "Not authorized", in a PUBACK and in a SUBACK. */
const NOT_AUTHORIZED = 135;
/** From here on a reason code is a refusal. */
const REFUSALS = 128;

describe("passwordLine", () => {
  const line = async (user: string, password: string) => {
    const { passwordLine } = await answers();
    const text = await settles("passwordLine", () => passwordLine(user, password));
    return textOf("passwordLine", text).trimEnd();
  };
  const broker = securedBroker("passwordLine", async () => {
    const users = Object.entries(passwords);
    const lines = await Promise.all(users.map(([user, password]) => line(user, password)));
    return { files: { passwords: `${lines.join("\n")}\n` } };
  });

  check("passwordLine", "lets in who knows the password", async (desk) => {
    const { dashboardUrl, asDashboard } = await broker();
    const good = await knocks(desk, dashboardUrl, asDashboard("dashboard"));
    if (good.client !== undefined) return;
    throw new Wrong({
      headline: "the right password is refused",
      expected: "CONNACK 0 Success",
      got: good.answer,
      why: "the broker makes the hash anew from the password that it is told: the same algorithm, salt, iterations and length, written the same way",
    });
  });

  check("passwordLine", "gives the same password another hash each time", async () => {
    const [one, two] = await Promise.all([line("ann", "secret"), line("bob", "secret")]);
    const hashOf = (text: string) => text.slice(text.indexOf(":") + 1);
    if (hashOf(one) !== hashOf(two)) return;
    throw new Wrong({
      headline: "two users with one password have the same hash",
      expected: "a salt of random bytes, new for each line",
      got: `${hashOf(one)}, twice`,
      why: "who steals the file sees who has the same password, and tries each guess against all users at once",
    });
  });

  check("passwordLine", "makes each guess at a stolen file expensive", async () => {
    const text = await line("ann", "secret");
    const iterations = Number(text.match(/^ann:\$7\$(\d+)\$/)?.[1]);
    if (iterations >= 10_000 || text.startsWith("ann:$argon2id$")) return;
    throw new Wrong({
      headline: "a stolen password file is cheap to guess at",
      expected: "ann:$7$…, with 10000 iterations or more",
      got: text,
      why: "each iteration costs the broker a moment at each CONNECT, and the thief as much for each of millions of guesses",
    });
  });
});

describe("accessRules", () => {
  const broker = securedBroker("accessRules", async () => {
    const { accessRules } = await answers();
    const text = await settles("accessRules", () => accessRules(tenants));
    return { files: { rules: textOf("accessRules", text) } };
  });

  check("accessRules", "lets a device publish and its dashboard read", async (desk) => {
    await works(desk, await broker());
  });

  check("accessRules", "lets a device publish under its own name only", async (desk) => {
    const secured = await broker();
    const thief = await device(desk, secured, "sensor_2");
    const dashboard = await person(desk, secured, "dashboard");
    await dashboard.subscribe("north/#");
    // Kept by the broker it would outlive the attack: every later subscriber gets it.
    for (const retain of [false, true]) {
      const code = await thief.publish("north/sensor_1/temperature", "99", retain);
      await dashboard.roundTrip();
      if (code >= REFUSALS && dashboard.messages.length === 0) continue;
      throw new Wrong({
        headline: "a device publishes in another's name",
        expected: "← PUBACK 135 Not authorized, and nothing for the dashboard",
        got: `← PUBACK ${code}, and the dashboard got ${dashboard.messages.length} messages`,
        why: "who breaks into one sensor must not speak for all; retained, the forgery would stay",
        wire: [...thief.frames(), ...dashboard.frames()],
      });
    }
  });

  check("accessRules", "lets nobody publish into another tenant", async (desk) => {
    const secured = await broker();
    const office = await person(desk, secured, "office");
    await office.subscribe("south/#");
    const stranger = await device(desk, secured, "stranger");
    const neighbour = await device(desk, secured, "sensor_1");
    for (const [who, visitor, topic] of [
      ["a device of north", neighbour, "south/sensor_1/temperature"],
      ["a device in no list", stranger, "south/stranger/temperature"],
      ["a device in no list", stranger, "north/stranger/temperature"],
    ] as const) {
      const code = await visitor.publish(topic, "99");
      await office.roundTrip();
      if (code >= REFUSALS && office.messages.length === 0) continue;
      throw new Wrong({
        headline: `${who} publishes ${topic}`,
        expected: "← PUBACK 135 Not authorized",
        got: `← PUBACK ${code}`,
        why: "a pattern is for every user there is, also of other tenants: a rule that is for one belongs behind its user line",
        wire: visitor.frames(),
      });
    }
  });

  check("accessRules", "shows a device nothing of the others", async (desk) => {
    const secured = await broker();
    const spy = await device(desk, secured, "sensor_2");
    for (const filter of ["north/#", "+/sensor_1/+", "#"]) await spy.subscribe(filter);
    await readingOf(desk, secured, "sensor_1", "north");
    await showsNothing(spy, "a device reads what others publish", "north/#");
  });

  check("accessRules", "shows a dashboard its own tenant, and no more", async (desk) => {
    const secured = await broker();
    const dashboard = await person(desk, secured, "dashboard");
    for (const filter of ["south/#", "#", "+/+/temperature", "$SYS/#"]) {
      await dashboard.subscribe(filter);
      await readingOf(desk, secured, "meter_1", "south");
      await showsNothing(dashboard, `a dashboard of north reads with ${filter}`, filter);
    }
  });

  check("accessRules", "lets a dashboard publish nothing", async (desk) => {
    const secured = await broker();
    const dashboard = await person(desk, secured, "dashboard");
    for (const topic of ["north/sensor_1/temperature", "north/note"]) {
      const code = await dashboard.publish(topic, "99", true);
      if (code >= REFUSALS) continue;
      throw new Wrong({
        headline: "a dashboard publishes",
        expected: "← PUBACK 135 Not authorized",
        got: `← PUBACK ${code} to ${topic}`,
        why: "a rule without read or write allows both; who only looks needs no more than read",
        wire: dashboard.frames(),
      });
    }
  });
});

describe("dynamicSecurity", () => {
  const broker = securedBroker("dynamicSecurity", async () => {
    const { dynamicSecurity } = await answers();
    const text = textOf(
      "dynamicSecurity",
      await settles("dynamicSecurity", () => dynamicSecurity(tenants)),
    );
    return {
      files: { "dynamic-security.json": needJson(text) },
      general: ({ path, dynamicSecurity: plugin }) => `
allow_anonymous false
plugin ${plugin}
plugin_opt_config_file ${path("dynamic-security.json")}
`,
      // Here everybody has a certificate.
      dashboards: (place) => {
        const { authority, certificate, key } = filesOf(place);
        return `listener ${dashboardPort}\ncafile ${authority}\ncertfile ${certificate}\nkeyfile ${key}\nrequire_certificate true\nuse_identity_as_username true\n`;
      },
    };
  });
  const anybody = (desk: Desk, secured: SecuredBroker, name: string) => device(desk, secured, name);

  check("dynamicSecurity", "lets a device publish and its dashboard read", async (desk) => {
    const secured = await broker();
    const dashboard = await anybody(desk, secured, "dashboard");
    await seesReadings(desk, secured, dashboard);
  });

  check("dynamicSecurity", "refuses a forbidden subscription in the SUBACK", async (desk) => {
    const secured = await broker();
    for (const [name, filters] of [
      ["dashboard", ["south/#", "#", "+/+/temperature", "$SYS/#"]],
      ["sensor_2", ["north/#", "north/sensor_1/temperature"]],
    ] as const) {
      const visitor = await anybody(desk, secured, name);
      for (const filter of filters) {
        const code = await visitor.subscribe(filter);
        if (code === NOT_AUTHORIZED) continue;
        throw new Wrong({
          headline: `${name} is told that it may subscribe to ${filter}`,
          expected: "← SUBACK 135 Not authorized",
          got: `← SUBACK ${code}`,
          why: "who is told granted waits for messages that never come: a refusal shall be said [MQTT-3.9.3-2]",
          wire: visitor.frames(),
        });
      }
    }
  });

  check("dynamicSecurity", "lets nobody publish what is not his", async (desk) => {
    const secured = await broker();
    for (const [name, topic] of [
      ["sensor_2", "north/sensor_1/temperature"],
      ["sensor_2", "south/sensor_2/temperature"],
      ["dashboard", "north/sensor_1/temperature"],
      ["stranger", "north/stranger/temperature"],
    ] as const) {
      const visitor = await anybody(desk, secured, name);
      const code = await visitor.publish(topic, "99", true);
      if (code >= REFUSALS) continue;
      throw new Wrong({
        headline: `${name} publishes to ${topic}`,
        expected: "← PUBACK 135 Not authorized",
        got: `← PUBACK ${code}`,
        why: "what no rule mentions is decided by defaultACLAccess; a rule shall name the tenant and the device",
        wire: visitor.frames(),
      });
    }
  });
});

function needJson(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch (error) {
    throw new Wrong({
      headline: "dynamicSecurity returns no JSON",
      expected: '{"defaultACLAccess": …, "roles": …, "clients": …}',
      got: text.slice(0, 60),
      why: `the plugin reads this file: ${error instanceof Error ? error.message : error}`,
    });
  }
}

const device = async (desk: Desk, secured: SecuredBroker, name: string) =>
  visit(desk, secured.deviceUrl, await secured.asDevice(name), notMine(name));

const person = (desk: Desk, secured: SecuredBroker, name: keyof typeof passwords) =>
  visit(desk, secured.dashboardUrl, secured.asDashboard(name), notMine(name));

/** The good client: its readings reach who may read them. */
async function works(desk: Desk, secured: SecuredBroker): Promise<void> {
  await seesReadings(desk, secured, await person(desk, secured, "dashboard"));
}

async function seesReadings(desk: Desk, secured: SecuredBroker, dashboard: Visitor): Promise<void> {
  const granted = await dashboard.subscribe("north/+/temperature");
  const sensor = await device(desk, secured, "sensor_1");
  const code = await sensor.publish("north/sensor_1/temperature", "21.5");
  await dashboard.roundTrip();
  const [message] = dashboard.messages;
  if (code < REFUSALS && String(message?.payload) === "21.5") return;
  throw new Wrong({
    headline: "a reading does not reach the dashboard of its tenant",
    expected: "← PUBACK 0 Success for sensor_1, and the message at the dashboard",
    got: `← PUBACK ${code}, SUBACK ${granted} and ${dashboard.messages.length} messages at the dashboard`,
    why: "a rule that keeps the good ones out helps nobody: the device writes, the dashboard reads",
    wire: [...sensor.frames(), ...dashboard.frames()],
  });
}

/** A device publishes a reading of its own: what the spies are after. */
async function readingOf(
  desk: Desk,
  secured: SecuredBroker,
  name: string,
  tenant: string,
): Promise<void> {
  const sensor = await device(desk, secured, name);
  await sensor.publish(`${tenant}/${name}/temperature`, "21.5");
  await sensor.client.endAsync();
}

async function showsNothing(spy: Visitor, headline: string, filter: string): Promise<void> {
  await spy.roundTrip();
  const [message] = spy.messages;
  if (message === undefined) return;
  throw new Wrong({
    headline,
    expected: "no message",
    got: `${message.topic}: ${message.payload}`,
    why: `the SUBSCRIBE to ${filter} is granted whatever the rules say; they decide which messages come`,
    wire: spy.frames(),
  });
}
