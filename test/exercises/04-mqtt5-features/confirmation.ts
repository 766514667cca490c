import { settles } from "../../../workbook/checks/harness/deadline.ts";
import { type Desk, received } from "../../../workbook/checks/harness/desk.ts";
import { callWhileHeld } from "../../../workbook/checks/harness/held.ts";
import { Wrong } from "../../../workbook/checks/harness/wrong.ts";

/** The function resolves only when the SUBACK has come, which the tap holds back meanwhile. */
export async function waitsForSuback(
  desk: Desk,
  functionName: string,
  call: () => Promise<unknown>,
): Promise<void> {
  const held = await callWhileHeld(desk, received("suback"), "SUBSCRIBE", call);
  if (held.early) {
    throw new Wrong({
      headline: `${functionName} resolves before the subscription is confirmed`,
      expected: "→ SUBSCRIBE   ← SUBACK, and only then it resolves",
      got: "it resolved while the SUBACK was still on its way",
      why: "until the broker has confirmed it nobody knows whether messages will come [MQTT-3.8.4-1]",
      wire: desk.frames(),
    });
  }
  held.release();
  await settles(functionName, () => held.result);
}
