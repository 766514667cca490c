import { serveFake } from "../loopback.ts";
import { type Endpoint, Inflow } from "../probe.ts";
import { crc32c } from "./crc32c.ts";
import { readProduce, readRequestHead, takeFrame } from "./messages.ts";

/** The versions that the fake speaks, by API key: those without the compact forms that came later. */
const versions = [
  [0, 3, 7],
  [3, 1, 6],
  [18, 0, 2],
] as const;

/** One broker, which leads the only partition of any topic. Refuses a batch whose checksum is wrong. */
export async function startKafkaFake(): Promise<Endpoint> {
  const fake: Endpoint = await serveFake("built-in fake", (socket) => {
    const inflow = new Inflow();
    socket.on("data", (bytes) => {
      inflow.push(bytes);
      for (let frame = takeFrame(inflow); frame !== undefined; frame = takeFrame(inflow)) {
        const { apiKey, correlation, at } = readRequestHead(frame);
        const body =
          apiKey === 18
            ? apiVersions()
            : apiKey === 3
              ? metadata(readTopics(frame, at), fake)
              : produced(frame);
        socket.write(sized(Buffer.concat([int32(correlation), body])));
      }
    });
  });
  return fake;
}

function apiVersions(): Buffer {
  return Buffer.concat([
    int16(0),
    array(versions.map((numbers) => Buffer.concat(numbers.map(int16)))),
    int32(0),
  ]);
}

function readTopics(frame: Buffer, at: number): string[] {
  const topics: string[] = [];
  let next = at + 4;
  for (let left = Math.max(0, frame.readInt32BE(at)); left > 0; left--) {
    const length = frame.readInt16BE(next);
    topics.push(frame.toString("utf8", next + 2, next + 2 + length));
    next += 2 + length;
  }
  return topics;
}

/** Metadata response, version 5 and 6. */
function metadata(topics: readonly string[], { host, port }: Endpoint): Buffer {
  const self = array([int32(0)]);
  const partition = Buffer.concat([int16(0), int32(0), int32(0), self, self, array([])]);
  return Buffer.concat([
    int32(0),
    array([Buffer.concat([int32(0), text(host), int32(port), int16(-1)])]),
    text("built-in"),
    int32(0),
    array(
      topics.map((topic) =>
        Buffer.concat([int16(0), text(topic), Buffer.from([0]), array([partition])]),
      ),
    ),
  ]);
}

const CORRUPT_MESSAGE = 2;

/** Produce response, version 5 to 7. */
function produced(frame: Buffer): Buffer {
  const { topic, partition, batch } = readProduce(frame);
  // First offset, length, epoch and magic stand before the checksum, which covers all behind it.
  const right = batch.readUInt32BE(17) === crc32c(batch.subarray(21));
  const result = Buffer.concat([
    int32(partition),
    int16(right ? 0 : CORRUPT_MESSAGE),
    int64(0n),
    int64(-1n),
    int64(0n),
  ]);
  return Buffer.concat([array([Buffer.concat([text(topic), array([result])])]), int32(0)]);
}

function sized(content: Buffer): Buffer {
  return Buffer.concat([int32(content.length), content]);
}

function array(items: readonly Buffer[]): Buffer {
  return Buffer.concat([int32(items.length), ...items]);
}

function text(content: string): Buffer {
  return Buffer.concat([int16(Buffer.byteLength(content)), Buffer.from(content)]);
}

function int16(number: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(number);
  return bytes;
}

function int32(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(number);
  return bytes;
}

function int64(number: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(number);
  return bytes;
}
