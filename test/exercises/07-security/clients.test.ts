import type { IClientOptions } from "mqtt";
import { check, describe } from "../../../workbook/checks/harness/check.ts";
import { settles } from "../../../workbook/checks/harness/deadline.ts";
import { Wrong } from "../../../workbook/checks/harness/wrong.ts";
import { createAuthority } from "../../../workbook/security/certificates.ts";
import { openImpostor } from "../../../workbook/security/impostor.ts";
import { answers, knocks, passwords, pki, securedBroker } from "./secured-broker.ts";

const day = 24 * 60 * 60 * 1000;
const hosts = ["127.0.0.1", "localhost"];

for (const name of ["dashboardOptions", "deviceOptions"] as const) {
  const forDevices = name === "deviceOptions";

  const options = async (): Promise<IClientOptions> => {
    const { authority } = await pki();
    const ca = authority.certificate;
    const own = await authority.issue({ name: "sensor_1" });
    const { dashboardOptions, deviceOptions } = await answers();
    const made = await settles(name, () =>
      forDevices ? deviceOptions(ca, own) : dashboardOptions(ca, "dashboard", passwords.dashboard),
    );
    if (typeof made === "object" && made !== null) return made;
    throw new Wrong({
      headline: `${name} returns no options`,
      expected: "an object, as connect takes it",
      got: JSON.stringify(made) ?? "nothing",
      why: "connect(url, options) is called with it",
    });
  };

  describe(name, () => {
    // With everything as it should be: what is under test are the options.
    const broker = securedBroker(name, async () => ({}));

    check(name, "gets in where it belongs", async (desk) => {
      const asked = await options();
      const { deviceUrl, dashboardUrl } = await broker();
      const { client, answer } = await knocks(desk, forDevices ? deviceUrl : dashboardUrl, asked);
      if (client === undefined) {
        throw new Wrong({
          headline: "the broker and this client do not come together",
          expected: "CONNACK 0 Success",
          got: answer,
          why: forDevices
            ? "the client must know who signed the broker's certificate, and show one of its own with the key to it"
            : "the client must know who signed the broker's certificate, and say user and password",
        });
      }
      const { protocolVersion } = client.options;
      if (protocolVersion === 5) return;
      throw new Wrong({
        headline: "the client speaks an older MQTT",
        expected: "protocolVersion 5",
        got: `protocolVersion ${protocolVersion ?? "not set, which is 4"}`,
        why: "in MQTT 3.1.1 a refused PUBLISH looks as if it had been accepted: PUBACK has no reason code",
      });
    });

    check(name, "connects to no server that is not ours", async (desk) => {
      const asked = await options();
      for (const [what, credentials] of await impostors()) {
        const impostor = await openImpostor(credentials);
        desk.atEnd(() => impostor.close());
        const { client, answer } = await knocks(desk, impostor.url, asked);
        if (client === undefined && impostor.caught.length === 0) continue;
        const said = impostor.caught.some((packet) => packet.password !== undefined);
        throw new Wrong({
          headline: `${name} connects to a server with ${what}`,
          expected: "the client ends the TLS handshake, and sends no CONNECT",
          got: `${answer}, and the server has read the CONNECT${said ? " with the password" : ""}`,
          why: "encryption is worth nothing when nobody asks who is at the other end",
        });
      }
    });
  });
}

async function impostors() {
  const { authority } = await pki();
  const stranger = await createAuthority(authority.name);
  const past = { from: new Date(Date.now() - 9 * day), until: new Date(Date.now() - day) };
  return [
    ["a certificate of another authority", await stranger.issue({ name: "broker", hosts })],
    [
      "a certificate for another host",
      await authority.issue({ name: "broker", hosts: ["shop.example"] }),
    ],
    ["a certificate that has expired", await authority.issue({ name: "broker", hosts, ...past })],
  ] as const;
}
