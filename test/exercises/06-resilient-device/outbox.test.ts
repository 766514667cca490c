import { linkSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Message } from "../../../solutions/06-resilient-device.ts";
import { check, describe } from "../../../workbook/checks/harness/check.ts";
import type { Desk } from "../../../workbook/checks/harness/desk.ts";
import { Wrong } from "../../../workbook/checks/harness/wrong.ts";
import { startChild } from "./child.ts";
import { answers, describeThrown, few, folderOf, isOneLine, messagesOf, thrownBy } from "./lab.ts";

describe("Journal", () => {
  check("Journal", "holds what was appended when its process is killed", async (desk) => {
    const file = fileOf(desk);
    const promised = 100 + Math.floor(desk.random() * 300);
    const child = startChild(desk, "journal-process.ts", { file, count: promised });
    await child.printed(1);
    await child.gone;
    const found = (await open<{ number: number }>(file)).found.map(({ number }) => number);
    const missing = Array.from({ length: promised }, (_, number) => number).find(
      (number) => found[number] !== number,
    );
    if (missing === undefined) return;
    throw new Wrong({
      headline: "what was appended is gone when the process is killed",
      expected: `${promised} values, for so many calls of append had returned`,
      got: `${found.length} values, and number ${missing} is not in its place`,
      why: "kill -9 gives a process no time to write what it kept for later: what append returns from must be with the operating system",
    });
  });

  check("Journal", "lives with a last line that is torn", async (desk) => {
    const file = fileOf(desk);
    const first = await open(file);
    for (const text of ["one °C", "two °C", "three °C"]) first.append({ text });
    // In the middle of the degree sign, which takes two bytes.
    truncateSync(file, statSync(file).size - 5);
    const read = async () => {
      const journal = await open<{ text: string }>(file);
      texts.push(journal.found.map(({ text }) => text).join(", "));
      return journal;
    };
    const texts: string[] = [];
    const error = await thrownBy(async () => {
      (await read()).append({ text: "four °C" });
      await read();
    });
    const expected = ["one °C, two °C", "one °C, two °C, four °C"];
    if (texts.join() === expected.join()) return;
    throw new Wrong({
      headline: "a torn line spoils the journal",
      expected: `after the tear ${expected[0]}; after one more ${expected[1]}`,
      got: error ? describeThrown(error) : `${texts[0] || "nothing"}; after one more ${texts[1]}`,
      why: "who is killed while he writes leaves half a line: it never counted, and must not be glued to the next one",
    });
  });

  check("Journal", "says where a file is damaged, and leaves it as it is", async (desk) => {
    const file = fileOf(desk);
    const text = '{"number":1}\nnonsense\n{"number":3}\n{"num';
    writeFileSync(file, text);
    const error = await thrownBy(() => open(file));
    const kept = readFileSync(file, "utf8") === text;
    if (isOneLine(error) && error.message.includes(`${file}:2`) && kept) return;
    throw new Wrong({
      headline: "a damaged file is not refused as it should be",
      expected: `an Error in one line that begins with ${file}:2, and the file untouched`,
      got: `${describeThrown(error)}${kept ? "" : ", and the file is changed"}`,
      why: "who silently leaves out what he cannot read loses data; who says where it is lets somebody save it",
    });
  });

  check("Journal", "says at once when it cannot write", async (desk) => {
    const inNoFolder = join(fileOf(desk), "journal.jsonl");
    writeFileSync(fileOf(desk), "");
    const aFolder = folderOf(desk);
    for (const file of [inNoFolder, aFolder]) {
      const error = await thrownBy(() => open(file));
      if (isOneLine(error) && error.message.includes(file)) continue;
      throw new Wrong({
        headline: "a file that cannot be written is not refused when it is opened",
        expected: `an Error in one line that names ${file}`,
        got: describeThrown(error),
        why: "somebody has to put it right, better now than after the first reading is lost",
      });
    }
  });

  check("Journal", "is replaced as a whole, or not at all", async (desk) => {
    const file = fileOf(desk);
    const journal = await open<number>(file);
    for (let number = 0; number < 5; number++) journal.append(number);
    const before = readFileSync(file, "utf8");
    // A second name for the same file: it keeps what is there, unless somebody writes into that.
    linkSync(file, `${file}.old`);
    journal.replace([10, 11]);
    journal.append(12);
    const found = (await open<number>(file)).found.join();
    if (found !== "10,11,12") {
      throw new Wrong({
        headline: "replace does not leave what it should",
        expected: "10,11,12: two values that replace the others, and one appended after that",
        got: found || "nothing",
        why: "the next process goes on with what stands in the file",
      });
    }
    if (readFileSync(`${file}.old`, "utf8") === before) return;
    throw new Wrong({
      headline: "replace writes over the old values before the new ones are safe",
      expected: "the new values in a file beside it, which then takes its name",
      got: "the old file was written into",
      why: "who is killed between emptying a file and filling it again has neither the old nor the new",
    });
  });

  const open = async <Value>(file: string) => {
    const { Journal } = await answers();
    return new Journal<Value>(file);
  };
});

describe("Outbox", () => {
  check("Outbox", "holds what was added, in order, also for the next process", async (desk) => {
    const file = fileOf(desk);
    const messages = messagesOf(desk, 5);
    const outbox = await open(file);
    for (const message of messages) outbox.add(message);
    same(outbox.pending(), messages, "in the outbox");
    same((await open(file)).pending(), messages, "when it is opened again");
  });

  check("Outbox", "forgets what was removed, also for the next process", async (desk) => {
    const file = fileOf(desk);
    const messages = messagesOf(desk, 5);
    const [first, , third] = messages;
    const outbox = await open(file);
    for (const message of messages) outbox.add(message);
    for (const message of [first, third]) if (message) outbox.remove(message.id);
    outbox.remove("nobody knows this id");
    const left = messages.filter((message) => message !== first && message !== third);
    const lists = [outbox, await open(file)].map((each) => idsOf(each.pending()));
    if (lists.every((ids) => ids === idsOf(left))) return;
    throw new Wrong({
      headline: "what was removed is still there, or something else is gone",
      expected: `${idsOf(left)}, also when it is opened again`,
      got: `${lists[0]}; opened again ${lists[1]}`,
      why: "what was acknowledged and is sent again keeps the line busy with old news after every start",
    });
  });

  check("Outbox", "drops the oldest reading when it is full", async (desk) => {
    const file = fileOf(desk);
    const messages = messagesOf(desk, 8);
    const outbox = await open(file, 3);
    for (const message of messages) outbox.add(message);
    const newest = idsOf(messages.slice(-3));
    const lists = [outbox, await open(file, 3)].map((each) => idsOf(each.pending()));
    if (lists.every((ids) => ids === newest) && outbox.dropped === 5) return;
    throw new Wrong({
      headline: "a full outbox does not keep the newest readings",
      expected: `${newest}, 5 dropped`,
      got: `${lists[0]}, ${outbox.dropped} dropped; opened again ${lists[1]}`,
      why: "a device that is offline for a week must not run out of memory, and what it is now matters more than what it was",
    });
  });

  check("Outbox", "never drops a reply", async (desk) => {
    const outbox = await open(fileOf(desk), 3);
    const replies = messagesOf(desk, 4, "reply");
    const [r1, r2, r3, r4] = replies as [Message, Message, Message, Message];
    const [a, b, c] = messagesOf(desk, 3) as [Message, Message, Message];
    for (const message of [r1, a, r2, b, r3, r4, c]) outbox.add(message);
    if (idsOf(outbox.pending()) === idsOf(replies)) return;
    throw new Wrong({
      headline: "a full outbox does not keep just the replies",
      expected: `${idsOf(replies)}: with room for 3, they pushed out every reading`,
      got: idsOf(outbox.pending()),
      why: "the next reading makes up for one that is dropped; for a reply somebody waits in vain",
    });
  });

  check("Outbox", "keeps its file small", async (desk) => {
    const file = fileOf(desk);
    const outbox = await open(file, 10);
    const messages = messagesOf(desk, 1000);
    let most = 0;
    const found: string[] = [];
    for (const [index, message] of messages.entries()) {
      // A turn for the watchdog: who writes the file anew each time is slow, and not stuck.
      await new Promise((resolve) => setImmediate(resolve));
      outbox.add(message);
      const earlier = messages[index - 5];
      if (earlier) outbox.remove(earlier.id);
      most = Math.max(most, readFileSync(file, "utf8").split("\n").length);
      // Wherever it was written anew, what waits is in it.
      if (index > 950) found.push(idsOf((await open(file, 10)).pending()));
    }
    if (most > 200) {
      throw new Wrong({
        headline: "the outbox's file grows for ever",
        expected: "at most a few lines for each of the 10 messages that it may hold",
        got: `${most} lines after 1000 messages, of which 5 still wait`,
        why: "a line for each message that ever was fills the disk of a device that runs for years",
      });
    }
    const expected = found.map((_, index) => idsOf(messages.slice(index + 947, index + 952)));
    const wrong = expected.findIndex((newest, index) => found[index] !== newest);
    if (wrong === -1) return;
    throw new Wrong({
      headline: "the outbox's file is small, and something is missing in it",
      expected: expected[wrong] ?? "",
      got: found[wrong] ?? "",
      why: "what still waits has to be in the file that takes the place of the old one",
    });
  });

  check("Outbox", "takes no capacity but a whole number from 1", async (desk) => {
    for (const capacity of [-1, 0, 1.5, Number.NaN]) {
      const error = await thrownBy(() => open(fileOf(desk), capacity));
      if (isOneLine(error) && error.message.includes(String(capacity))) continue;
      throw new Wrong({
        headline: `an outbox with a capacity of ${capacity} is made all the same`,
        expected: `an Error in one line that says what is wrong with ${capacity}`,
        got: describeThrown(error),
        why: "an outbox that keeps nothing, or everything, is found out when it is too late",
      });
    }
    // One will do.
    await open(fileOf(desk), 1);
  });

  const open = async (file: string, capacity = 100) => {
    const { Outbox } = await answers();
    return new Outbox(file, capacity);
  };

  const same = (got: readonly Message[], expected: readonly Message[], where: string) => {
    if (JSON.stringify(got) === JSON.stringify(expected)) return;
    throw new Wrong({
      headline: `the messages are not as they were added, ${where}`,
      expected: idsOf(expected),
      got: idsOf(got),
      why: "each message is sent as it was when it was added, and those that are older go first",
    });
  };

  const idsOf = (messages: readonly Message[]) => few(messages.map((message) => message?.id));
});

const fileOf = (desk: Desk) => {
  let folder = folders.get(desk);
  if (folder === undefined) {
    folder = folderOf(desk);
    folders.set(desk, folder);
  }
  return join(folder, "journal.jsonl");
};
const folders = new WeakMap<Desk, string>();
