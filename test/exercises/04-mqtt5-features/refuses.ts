import { type Desk, sent } from "../../../workbook/checks/harness/desk.ts";
import { Wrong } from "../../../workbook/checks/harness/wrong.ts";
import { Todo } from "../../../workbook/todo.ts";

/**
 * The function refuses this input with an error, before it connects to anything.
 *
 * @param given the input, in words, e.g. `a life of 0 s`
 * @param why what would become of it
 */
export async function refuses(
  desk: Desk,
  name: string,
  { given, why }: { readonly given: string; readonly why: string },
  call: () => Promise<unknown>,
): Promise<void> {
  const accepts = (got: string) =>
    new Wrong({
      headline: `${name} accepts ${given}`,
      expected: "an error that says so, before anything is sent",
      got,
      why,
      wire: desk.frames(),
    });
  const outcome = (async () => call())().then(
    () => "it returned, without an error",
    (error: unknown) => {
      // Not yet written: that is no answer to this question.
      if (error instanceof Error && !(error instanceof Todo)) return undefined;
      throw error;
    },
  );
  const connected = desk.sees(sent("connect"), () => accepts("neither an error nor an end"));
  // After an error nobody waits for it any more.
  connected.catch(() => {});
  const got = await Promise.race([outcome, connected.then(() => "it connected to the broker")]);
  if (got !== undefined) throw accepts(got);
}
