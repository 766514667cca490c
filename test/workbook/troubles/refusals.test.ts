import { describe, expect, onTestFinished, test, vi } from "vitest";
import { chooseBroker } from "../../../workbook/broker/choose.ts";
import { EnvironmentProblem } from "../../../workbook/environment-problem.ts";
import type { TroubleName } from "../../../workbook/troubles/table.ts";
import { reason } from "../../../workbook/wire/describe.ts";
import { expectTold, lastWords } from "../fixtures/last-words.ts";
import { connack, scriptedBroker } from "../fixtures/scripted-broker.ts";

/** Every reason with which a broker may refuse a CONNECT, in MQTT 3.1.1 and in MQTT 5. */
const reasons: readonly (readonly [code: number, name: TroubleName])[] = [
  [1, "refusedVersion"],
  [2, "refusedClientId"],
  [3, "refusedUnavailable"],
  [4, "refusedLogin"],
  [5, "refusedNotAuthorized"],
  [128, "refusedMalformed"],
  [129, "refusedMalformed"],
  [130, "refusedMalformed"],
  [131, "refusedMalformed"],
  [132, "refusedVersion"],
  [133, "refusedClientId"],
  [134, "refusedLogin"],
  [135, "refusedNotAuthorized"],
  [136, "refusedUnavailable"],
  [137, "refusedBusy"],
  [138, "refusedBanned"],
  [140, "refusedAuthMethod"],
  [144, "refusedWill"],
  [149, "refusedMalformed"],
  [151, "refusedQuota"],
  [153, "refusedWill"],
  [154, "refusedWill"],
  [155, "refusedWill"],
  [156, "refusedMoved"],
  [157, "refusedMoved"],
  [159, "refusedRate"],
];

async function refusing(code: number): Promise<string> {
  const broker = await scriptedBroker((packet, peer) =>
    packet.cmd === "connect" ? [connack(code, peer)] : [],
  );
  onTestFinished(broker.close);
  return broker.url;
}

describe.each(reasons)("a broker that refuses with %i", { timeout: 30_000 }, (code, name) => {
  const protocolVersion = code < 128 ? 4 : 5;

  test(`a script whose client is refused says why: ${name}`, async () => {
    const words = await lastWords(await refusing(code), async ({ client }) => {
      await client("shy", { protocolVersion });
    });
    expectTold(words, name);
    expect(words).toContain("Error: ErrorWithReasonCode: Connection refused: ");
  });

  test("a script that does not hear the error reads it off the wire", async () => {
    const words = await lastWords(await refusing(code), async ({ client, tap }) => {
      client("shy", { protocolVersion }).catch(() => {});
      await tap.transcript.seen((entry) => entry.kind === "closed");
    });
    expectTold(words, name);
    expect(words).toContain(`shy <- broker  CONNACK refused: ${reason(code)}`);
  });

  test("the broker of MQTT_URL", async () => {
    const url = await refusing(code);
    vi.stubEnv("MQTT_URL", url);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const problem = await chooseBroker("check").catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(EnvironmentProblem);
    const { message, next } = problem as EnvironmentProblem;
    expectTold(`${message}\n${next}`, name);
    expect(message).toContain(`refused us: ${reason(code)}; `);
  });
});

test("a broker that speaks MQTT 3.1.1 only refuses in its own words", async () => {
  const broker = await scriptedBroker((packet, { socket }) => {
    if (packet.cmd === "connect") socket.write(Buffer.from([0x20, 2, 0, 1]));
    return [];
  });
  onTestFinished(broker.close);
  vi.stubEnv("MQTT_URL", broker.url);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  await expect(chooseBroker("check")).rejects.toThrow("1 Unacceptable protocol version");
});
