import { connect } from "node:net";
import { expect, test } from "vitest";
import { startAmqpFake } from "../../../workbook/protocols/amqp/fake.ts";
import { reading } from "../../../workbook/protocols/batch.ts";
import { crc32c } from "../../../workbook/protocols/kafka/crc32c.ts";
import { startKafkaFake } from "../../../workbook/protocols/kafka/fake.ts";
import { kafkaProbe } from "../../../workbook/protocols/kafka/probe.ts";
import { openRecorder } from "../../../workbook/protocols/recorder.ts";
import { serversFromEnvironment } from "../../../workbook/protocols/servers.ts";
import { UsageError } from "../../../workbook/usage-error.ts";

test("the checksum is Castagnoli's", () => {
  // The check value of CRC-32C, and a block of zeros (RFC 3720, B.4).
  expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
});

test("the Kafka fake refuses a batch that was damaged", async () => {
  const fake = await startKafkaFake();
  const recorded: Buffer[] = [];
  const recorder = await openRecorder(fake, () => {
    const splitter = kafkaProbe.splitter();
    return {
      pending: 0,
      push: (direction, bytes) => {
        if (direction === "to-server") recorded.push(Buffer.from(bytes));
        return splitter.push(direction, bytes);
      },
    };
  });
  const session = await kafkaProbe.open(recorder, fake);
  await session.send(reading);
  await session.close();
  await recorder.close();

  const request = recorded.at(-1) ?? Buffer.alloc(0);
  const errorOf = async (bytes: Buffer) => {
    const answer = await exchange(fake.port, bytes);
    // Size and number, then one topic: its name, one partition and its number.
    const name = answer.readInt16BE(12);
    return answer.readInt16BE(14 + name + 4 + 4);
  };
  expect(await errorOf(request)).toBe(0);
  const damaged = Buffer.from(request);
  damaged[damaged.length - 3] = 0x21;
  expect(await errorOf(damaged)).toBe(2);
  await fake.close();
});

test("the AMQP fake hangs up on who speaks something else", async () => {
  const fake = await startAmqpFake();
  expect(await exchange(fake.port, Buffer.from("GET / HTTP/1.1\r\n\r\n"))).toHaveLength(0);
  await fake.close();
});

/** What comes back until the first answer, or the end. */
function exchange(port: number, bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    socket.on("data", (answer) => {
      resolve(answer);
      socket.destroy();
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(Buffer.alloc(0)));
  });
}

test("addresses of real servers are host and port", () => {
  const { rabbitmq, kafka } = serversFromEnvironment({ AMQP_AT: "localhost:5672", KAFKA_AT: "" });
  expect(rabbitmq).toMatchObject({ kind: "server", host: "localhost", port: 5672 });
  expect(kafka).toBeUndefined();
});

test.each(["5672", "localhost", "localhost:99999", "user:secret@localhost:5672", "a b:1"])(
  "%s is no address",
  (address) => {
    expect(() => serversFromEnvironment({ AMQP_AT: address })).toThrow(UsageError);
  },
);
