import type { IPublishPacket, Packet } from "mqtt-packet";
import type { Mailbox } from "../../../solutions/09-broker-proxy.ts";
import { check, describe } from "../../../workbook/checks/harness/check.ts";
import { Wrong } from "../../../workbook/checks/harness/wrong.ts";
import { answers, few, messageOf, messagesOf } from "./lab.ts";

describe("Mailbox", () => {
  check("Mailbox", "hands a message on once that came from two brokers", async (desk) => {
    const { mailbox, line } = await attached();
    const message = (payload: string, copyId: string | undefined, qos: 0 | 1 = 1) =>
      messageOf(desk, { payload: Buffer.from(payload), copyId, qos });
    mailbox.deliver(message("a", "1"));
    mailbox.deliver(message("b", "2", 0));
    mailbox.deliver(message("a", "1"));
    mailbox.deliver(message("b", "2", 0));
    mailbox.deliver(message("a", "3"));
    for (const _ of [1, 2]) mailbox.deliver(message("past the proxy", undefined));
    const got = line.payloads();
    if (got.join() === "a,b,a,past the proxy,past the proxy") return;
    throw new Wrong({
      headline: "the device gets copies, or too few messages",
      expected: "a, b, a, past the proxy, past the proxy",
      got: few(got, 10),
      why: "the same copy id is the same message, whatever is in it; without one nobody can tell, and nothing may be lost",
    });
  });

  check("Mailbox", "hands retained messages on to who subscribes again", async (desk) => {
    const { mailbox, line } = await attached();
    const counts: number[] = [];
    const fromBoth = (retain: boolean) => {
      for (const _broker of [1, 2]) mailbox.deliver(messageOf(desk, { copyId: "1", retain }));
      counts.push(line.packets.length);
    };
    fromBoth(false);
    mailbox.subscribed();
    fromBoth(false);
    fromBoth(true);
    fromBoth(true);
    mailbox.subscribed();
    fromBoth(true);
    fromBoth(false);
    if (counts.join() === "1,1,2,2,3,3") return;
    throw new Wrong({
      headline: "a device that subscribes does not get what is retained, or gets it twice",
      expected:
        "from two brokers: the message, once more after a SUBSCRIBE, then retained after each of two: 1, 1, 2, 2, 3, 3 in all",
      got: `${counts.join(", ")} in all`,
      why: "a retained message answers a SUBSCRIBE: that the device has had it before is no reason to keep it back",
    });
  });

  check("Mailbox", "remembers the newest copy ids, and no more", async (desk) => {
    const { REMEMBERED_COPIES } = await answers();
    const { mailbox, line } = await attached();
    const deliver = (number: number) =>
      mailbox.deliver(
        messageOf(desk, { payload: Buffer.from(`${number}`), copyId: `${number}`, qos: 0 }),
      );
    for (let number = 0; number < 2 * REMEMBERED_COPIES; number++) deliver(number);
    const before = line.packets.length;
    for (let number = REMEMBERED_COPIES; number < 2 * REMEMBERED_COPIES; number++) deliver(number);
    const again = line.packets.length - before;
    deliver(0);
    const forgotten = line.packets.length - before - again === 1;
    if (again === 0 && forgotten) return;
    throw new Wrong({
      headline: "the list of copy ids forgets too early, or never",
      expected: `of ${2 * REMEMBERED_COPIES} ids the newest ${REMEMBERED_COPIES} are known, and the first is forgotten`,
      got: `${again} of the newest came again; the first ${forgotten ? "is forgotten" : "is still known"}`,
      why: "a proxy runs for months and sees millions of ids; a copy comes soon, or from a broker that was long away",
    });
  });

  check("Mailbox", "keeps QoS 1 for a device that is away, the newest of it", async (desk) => {
    const { Mailbox } = await answers();
    const mailbox: Mailbox = new Mailbox(10);
    for (const message of messagesOf(desk, 25)) mailbox.deliver(message);
    for (const message of messagesOf(desk, 5)) mailbox.deliver({ ...message, qos: 0 });
    const line = new PlayedLine();
    mailbox.attach(line, 100);
    const got = line.payloads();
    const expected = Array.from({ length: 10 }, (_, index) => String(index + 15));
    if (got.join() === expected.join()) return;
    throw new Wrong({
      headline: "what waited for the device is not what it gets",
      expected: `with room for 10: ${few(expected, 10)}`,
      got: few(got, 12),
      why: "QoS 1 waits for a session that is away, QoS 0 does not; and what waits needs a bound",
    });
  });

  check("Mailbox", "sends again, first and with DUP, what was not acknowledged", async (desk) => {
    const { mailbox, line } = await attached(3);
    for (const message of messagesOf(desk, 6)) mailbox.deliver(message);
    mailbox.acknowledged(line.idOf("1"));
    const before = new Map(line.packets.map(({ payload, messageId }) => [`${payload}`, messageId]));
    mailbox.detach();
    mailbox.deliver(messageOf(desk, { payload: Buffer.from("meanwhile"), qos: 0 }));
    const next = new PlayedLine();
    mailbox.attach(next, 4);
    const got = next.packets.map(({ payload, dup, messageId }) => {
      const same = before.get(`${payload}`);
      const id = same === undefined ? "new id" : same === messageId ? "same id" : "another id";
      return `${payload} ${dup ? "DUP" : "no DUP"} ${id}`;
    });
    const expected = ["0 DUP same id", "2 DUP same id", "3 DUP same id", "4 no DUP new id"];
    if (got.join() === expected.join()) return;
    throw new Wrong({
      headline: "a resumed session does not begin with what was not acknowledged",
      expected: few(expected),
      got: few(got),
      why: "the device has begun with these packet identifiers, and knows them by DUP for perhaps not new [MQTT-4.4.0-1]",
    });
  });

  check("Mailbox", "keeps to the device's Receive Maximum", async (desk) => {
    const { mailbox, line } = await attached(2);
    for (const message of messagesOf(desk, 6)) mailbox.deliver(message);
    const counts = [line.packets.length];
    for (const payload of ["0", "1", "2"]) {
      mailbox.acknowledged(line.idOf(payload));
      counts.push(line.packets.length);
    }
    // Not one of those that are on their way: that makes no room.
    mailbox.acknowledged(60_000);
    counts.push(line.packets.length);
    const order = line.payloads().join();
    if (counts.join() === "2,3,4,5,5" && order === "0,1,2,3,4") return;
    throw new Wrong({
      headline: "the device is sent more than it takes at a time, or not the next",
      expected:
        "Receive Maximum 2: 2 sent, and after each PUBACK one more, in order; none for a PUBACK without a message",
      got: `sent so far, after each step: ${counts.join(", ")}; in the order ${order}`,
      why: "a device says in its CONNECT what it has room for [MQTT-3.3.4-9]",
    });
  });

  check("Mailbox", "gives each message on its way a packet identifier of its own", async (desk) => {
    const { mailbox, line } = await attached(2);
    const payload = (number: number) => messageOf(desk, { payload: Buffer.from(`${number}`) });
    mailbox.deliver(payload(0));
    const first = line.idOf("0");
    // The first is never acknowledged, while the identifiers of the others go round once.
    for (let number = 1; number <= 66_000; number++) {
      mailbox.deliver(payload(number));
      const messageId = line.packets.at(-1)?.messageId ?? 0;
      if (line.packets.length !== number + 1 || messageId === first || !isId(messageId)) {
        throw new Wrong({
          headline: "a packet identifier is in use twice, or is none",
          expected: `message ${number}: one from 1 to 65535, but not ${first}, which waits for its PUBACK`,
          got: line.packets.length === number + 1 ? String(messageId) : "no PUBLISH",
          why: "a PUBACK names nothing but the packet identifier: it must mean one message [MQTT-2.2.1-4]",
        });
      }
      mailbox.acknowledged(messageId);
    }
  });

  const isId = (value: number) => Number.isInteger(value) && value >= 1 && value <= 65_535;

  const attached = async (receiveMaximum = 100) => {
    const { Mailbox } = await answers();
    const mailbox: Mailbox = new Mailbox(1000);
    const line = new PlayedLine();
    mailbox.attach(line, receiveMaximum);
    return { mailbox, line };
  };
});

/** The device's end, played by the check. */
class PlayedLine {
  readonly packets: IPublishPacket[] = [];

  send(packet: Packet): void {
    if (packet.cmd === "publish") this.packets.push(packet);
  }

  payloads(): string[] {
    return this.packets.map(({ payload }) => String(payload));
  }

  /** The packet identifier with which this payload came. */
  idOf(payload: string): number {
    return this.packets.find((packet) => String(packet.payload) === payload)?.messageId ?? 0;
  }
}
