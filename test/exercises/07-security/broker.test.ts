import type { ConnectionOptions } from "node:tls";
import type { Mosquitto, Place } from "../../../workbook/broker/mosquitto-setup.ts";
import { check, describe } from "../../../workbook/checks/harness/check.ts";
import { within } from "../../../workbook/checks/harness/deadline.ts";
import type { Desk } from "../../../workbook/checks/harness/desk.ts";
import { Wrong } from "../../../workbook/checks/harness/wrong.ts";
import { createAuthority } from "../../../workbook/security/certificates.ts";
import { openFlood } from "../../../workbook/security/flood.ts";
import {
  answers,
  dashboardPort,
  devicePort,
  filesOf,
  knocks,
  limits,
  maxConnections,
  notMine,
  passwords,
  type SecuredBroker,
  securedBroker,
  textOf,
  visit,
} from "./secured-broker.ts";

/** From here on a reason code is a refusal. */
const REFUSALS = 128;
/** What a broker may have sent and not yet seen acknowledged, beside its queue: Mosquitto's usual 20. */
const IN_FLIGHT = 20;
/** By how many the limit may be missed: 2.0.11 counts a connection twice that ended, as our first look did. */
const MISCOUNTED = 2;
const day = 24 * 60 * 60 * 1000;

describe("generalSettings", () => {
  const broker = securedBroker("generalSettings", async () => {
    const { generalSettings } = await answers();
    return {
      general: (place) => textOf("generalSettings", generalSettings(filesOf(place), limits)),
    };
  });

  check("generalSettings", "serves nobody who does not say who he is", async (desk) => {
    const { dashboardUrl, authority } = await broker();
    const anonymous = { protocolVersion: 5, ca: authority.certificate } as const;
    const { client, answer } = await knocks(desk, dashboardUrl, anonymous);
    if (client === undefined) return;
    throw new Wrong({
      headline: "an anonymous client is let in",
      expected: "CONNACK 135 Not authorized",
      got: answer,
      why: "encryption keeps others from reading along; it does not say who is there",
    });
  });

  check("generalSettings", "asks for the passwords in the file", async (desk) => {
    const { dashboardUrl, asDashboard } = await broker();
    const good = await knocks(desk, dashboardUrl, asDashboard("dashboard"));
    if (good.client === undefined) {
      throw new Wrong({
        headline: "a user of the password file is refused",
        expected: "CONNACK 0 Success",
        got: good.answer,
        why: "the broker has to be told where the passwords are",
      });
    }
    for (const wrong of [{ password: "wrong" }, { username: "eve" }]) {
      const options = { ...asDashboard("dashboard"), ...wrong };
      const { client, answer } = await knocks(desk, dashboardUrl, options);
      if (client === undefined) continue;
      throw new Wrong({
        headline: "a wrong user or password is let in",
        expected: "CONNACK 135 Not authorized",
        got: `${answer}, for ${options.username} with "${options.password}"`,
        why: "who lets in those who say nothing, and asks for no password, lets in everybody",
      });
    }
  });

  check("generalSettings", "applies the access rules", async (desk) => {
    const { deviceUrl, asDevice } = await broker();
    const thief = await visit(desk, deviceUrl, await asDevice("sensor_2"), notMine("sensor_2"));
    const code = await thief.publish("north/sensor_1/temperature", "99");
    if (code >= REFUSALS) return;
    throw new Wrong({
      headline: "a device publishes in another's name",
      expected: "← PUBACK 135 Not authorized",
      got: `← PUBACK ${code}`,
      why: "without access rules whoever is in may do everything",
      wire: thief.frames(),
    });
  });

  check("generalSettings", "says its largest packet, and takes no larger one", async (desk) => {
    const { deviceUrl, asDevice } = await broker();
    const topic = "north/sensor_1/temperature";
    const sensor = await visit(desk, deviceUrl, await asDevice("sensor_1"), notMine("sensor_1"));
    const [connack] = sensor
      .frames()
      .flatMap(({ packet }) => (packet?.cmd === "connack" ? [packet] : []));
    const announced = connack?.properties?.maximumPacketSize;
    // The packet is larger than its payload: topic, identifier and lengths count too.
    const room = topic.length + 20;
    const fits = await sensor.publish(topic, "x".repeat(limits.packetBytes - room));
    const tooLarge = await sensor.publish(topic, "x".repeat(limits.packetBytes - 2));
    const ended = Number.isNaN(tooLarge);
    if (announced === limits.packetBytes && fits < REFUSALS && ended) return;
    throw new Wrong({
      headline: "packets are not limited as they should be",
      expected: `← CONNACK with Maximum Packet Size ${limits.packetBytes}; larger: the line is ended`,
      got: `← CONNACK with ${announced ?? "none"}; within it: PUBACK ${fits}; larger: ${ended ? "ended" : `PUBACK ${tooLarge}`}`,
      why: "without a limit one client can make the broker keep 256 MB; the limit counts the whole packet, not the payload [MQTT-3.2.2-15]",
      wire: sensor.frames(),
    });
  });

  check("generalSettings", "keeps so many messages for who is away", async (desk) => {
    const { deviceUrl, asDevice } = await broker();
    // With a certificate: this is not about passwords.
    const session = {
      ...(await asDevice("dashboard")),
      clientId: desk.id("dashboard"),
      clean: false,
      properties: { sessionExpiryInterval: 60 },
    };
    const filter = "north/#";
    const away = await visit(desk, deviceUrl, session, notMine("dashboard"));
    await away.subscribe(filter);
    await away.client.endAsync();
    const sensor = await visit(desk, deviceUrl, await asDevice("sensor_1"), notMine("sensor_1"));
    const sent = 60;
    for (let number = 0; number < sent; number++) {
      await sensor.publish("north/sensor_1/temperature", String(number));
    }
    const back = await visit(desk, deviceUrl, session, notMine("dashboard"));
    await back.roundTrip();
    await sensor.publish("north/sensor_1/temperature", "last");
    await back.roundTrip();
    const kept = back.messages.length - 1;
    if (kept >= limits.queuedMessages && kept <= limits.queuedMessages + IN_FLIGHT) return;
    throw new Wrong({
      headline: `${kept} of ${sent} messages were kept for a client that was away`,
      expected: `${limits.queuedMessages}, and up to ${IN_FLIGHT} that count as on their way`,
      got: String(kept),
      why: "each client that stays away takes memory from all; how much is yours to say",
    });
  });
});

for (const { name, own, url } of [
  {
    name: "dashboardListener",
    own: (listener: (place: Place) => string) => ({ dashboards: listener }),
    url: ({ dashboardUrl }: SecuredBroker) => dashboardUrl,
  },
  {
    name: "deviceListener",
    own: (listener: (place: Place) => string) => ({ devices: listener }),
    url: ({ deviceUrl }: SecuredBroker) => deviceUrl,
  },
] as const) {
  const forDevices = name === "deviceListener";
  const port = forDevices ? devicePort : dashboardPort;
  const [victim, thief] = forDevices ? ["sensor_1", "sensor_2"] : ["dashboard", "office"];
  const optionsOf = async (secured: SecuredBroker, who: string) =>
    forDevices ? secured.asDevice(who) : secured.asDashboard(who as keyof typeof passwords);

  describe(name, () => {
    const parts = async () => {
      const listener = (await answers())[name];
      return own((place) => textOf(name, listener(filesOf(place), maxConnections)));
    };
    const broker = securedBroker(name, parts);

    if (forDevices) {
      check(name, "knows a device by its certificate, whatever it says", async (desk) => {
        const secured = await broker();
        // What the CONNECT says is a lie, or an old habit.
        const options = {
          ...(await optionsOf(secured, victim)),
          username: "sensor_2",
          password: "x",
        };
        const sensor = await visit(desk, url(secured), options, refusedGood(name));
        const own = await sensor.publish("north/sensor_1/temperature", "21.5");
        const others = await sensor.publish("north/sensor_2/temperature", "21.5");
        if (own < REFUSALS && others >= REFUSALS) return;
        throw new Wrong({
          headline: "the broker does not take the name from the certificate",
          expected: "PUBACK 0 for north/sensor_1, PUBACK 135 for north/sensor_2",
          got: `PUBACK ${own} for north/sensor_1, PUBACK ${others} for north/sensor_2`,
          why: "its common name is what the authority vouches for; the CONNECT may say anything",
          wire: sensor.frames(),
        });
      });

      check(name, "lets in nobody without a good certificate", async (desk) => {
        const secured = await broker();
        for (const [what, options] of await badCertificates(secured)) {
          const { client, answer } = await knocks(desk, url(secured), options);
          if (client === undefined) continue;
          throw new Wrong({
            headline: `a client with ${what} is let in`,
            expected: "the broker ends the TLS handshake",
            got: answer,
            why: "the certificate is all that tells a device from a stranger",
          });
        }
        await refusesPlain(desk, secured.mosquitto);
      });
    } else {
      check(name, "lets in who has a password, over TLS alone", async (desk) => {
        const secured = await broker();
        const options = await optionsOf(secured, victim);
        const dashboard = await visit(desk, url(secured), options, refusedGood(name));
        await dashboard.roundTrip();
        await refusesPlain(desk, secured.mosquitto);
      });
    }

    check(name, "lets nobody take another's client id", async (desk) => {
      const secured = await broker();
      const id = { clientId: victim, clean: false, properties: { sessionExpiryInterval: 60 } };
      const options = { ...(await optionsOf(secured, victim)), ...id };
      const robbed = await visit(desk, url(secured), options, refusedGood(name));
      const attack = { ...(await optionsOf(secured, thief)), ...id };
      await knocks(desk, url(secured), attack);
      if (await robbed.roundTrip()) return;
      throw new Wrong({
        headline: `${thief} throws ${victim} out with its client id`,
        expected: `${victim} stays connected`,
        got: "the broker closed its connection",
        why: "a broker has one connection for each client id and ends the older one [MQTT-3.1.4-3]; so an id must be its user's alone",
        wire: robbed.frames(),
      });
    });

    // A broker of its own, where hardly a connection has ended yet.
    const fresh = securedBroker(name, parts);
    check(name, "takes no more connections than it should", async (desk) => {
      const secured = await fresh();
      const local = secured.mosquitto.ports.get(port) ?? 0;
      const options = await optionsOf(secured, victim);
      const { ca, cert, key } = options as ConnectionOptions;
      // With a handshake: who comes last must find the others counted.
      const crowd = await openFlood(local, maxConnections - 1, { ca, cert, key });
      desk.atEnd(() => crowd.end());
      const good = await knocks(desk, url(secured), options);
      if (good.client === undefined) {
        throw new Wrong({
          headline: `there is no place for a client beside ${maxConnections - 1} others`,
          expected: `${maxConnections} connections at once`,
          got: good.answer,
          why: "a limit that keeps the good ones out does the attacker's work",
        });
      }
      const flood = await openFlood(local, maxConnections);
      desk.atEnd(() => flood.end());
      await within(
        flood.shrinksTo(MISCOUNTED),
        () =>
          new Wrong({
            headline: "a flood of connections is taken in",
            expected: `no more than ${maxConnections} connections at once`,
            got: `${flood.open()} more stay open`,
            why: "each connection costs the broker memory, and the attacker next to nothing",
          }),
      );
    });
  });
}

/** A client that does everything right does not get in. */
function refusedGood(name: string): (answer: string) => Error {
  return (answer) =>
    new Wrong({
      headline: "a client that does everything right is refused",
      expected: "CONNACK 0 Success",
      got: answer,
      why:
        name === "deviceListener"
          ? "a device shows a certificate of our authority, and knows no password"
          : "a dashboard knows a user name and a password, and has no certificate",
    });
}

async function badCertificates(secured: SecuredBroker) {
  const { authority } = secured;
  const ca = authority.certificate;
  const other = await createAuthority(authority.name);
  const past = { from: new Date(Date.now() - 9 * day), until: new Date(Date.now() - day) };
  const showing = async (issued: ReturnType<typeof other.issue>) => {
    const { certificate, key } = await issued;
    return { protocolVersion: 5, ca, cert: certificate, key } as const;
  };
  return [
    ["no certificate, and a good password", secured.asDashboard("dashboard")],
    ["a certificate of another authority", await showing(other.issue({ name: "sensor_1" }))],
    [
      "a certificate that has expired",
      await showing(authority.issue({ name: "sensor_1", ...past })),
    ],
  ] as const;
}

/** No listener of this broker speaks plain MQTT, not even with somebody who has a password. */
async function refusesPlain(desk: Desk, mosquitto: Mosquitto): Promise<void> {
  const { dashboard } = passwords;
  for (const [listener, port] of mosquitto.ports) {
    const options = { protocolVersion: 5, username: "dashboard", password: dashboard } as const;
    const { client, answer } = await knocks(desk, `mqtt://127.0.0.1:${port}`, options);
    if (client === undefined) continue;
    throw new Wrong({
      headline: `port ${listener} speaks MQTT without TLS`,
      expected: "the line is closed",
      got: answer,
      why: "the password has just crossed the network where everybody can read it",
    });
  }
}
