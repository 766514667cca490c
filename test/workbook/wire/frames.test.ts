import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { FrameSplitter, type RawFrame } from "../../../workbook/wire/frames.ts";
import { anyChunking, anyPacket } from "./packets.ts";
import { chop } from "./rig.ts";

// Generous, for a machine that is busy with something else.
vi.setConfig({ testTimeout: 30_000 });

function pushAll(splitter: FrameSplitter, chunks: readonly Buffer[]): RawFrame[] {
  // A copy, because what the splitter returns may be a view of the chunk.
  return chunks.flatMap((chunk) =>
    splitter.push(chunk).map(({ bytes, size }) => ({ bytes: Buffer.from(bytes), size })),
  );
}

test("packets cut at any chunk boundaries give the same frames", () => {
  fc.assert(
    fc.property(fc.array(anyPacket, { maxLength: 20 }), anyChunking, (packets, sizes) => {
      const splitter = new FrameSplitter();
      const frames = pushAll(splitter, chop(Buffer.concat(packets), sizes));
      expect(frames).toEqual(packets.map((bytes) => ({ bytes, size: bytes.length })));
      expect(splitter.pending).toBe(0);
      expect(splitter.broken).toBe(false);
    }),
  );
});

test("whatever comes, in whatever chunks, every byte is accounted for once", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(anyPacket, fc.uint8Array({ maxLength: 50 }).map(Buffer.from))),
      anyChunking,
      (parts, sizes) => {
        const bytes = Buffer.concat(parts);
        const whole = new FrameSplitter();
        const frames = pushAll(whole, [bytes]);
        expect(Buffer.concat([...frames.map((frame) => frame.bytes), whole.rest])).toEqual(bytes);
        expect(frames.reduce((sum, frame) => sum + frame.size, whole.pending)).toBe(bytes.length);

        const chopped = new FrameSplitter();
        expect(pushAll(chopped, chop(bytes, sizes))).toEqual(frames);
        expect(chopped.rest).toEqual(whole.rest);
        expect(chopped.pending).toBe(whole.pending);
        expect(chopped.broken).toBe(whole.broken);
      },
    ),
  );
});

test("the reserved packet type 0 breaks the stream, and what came before it stands", () => {
  const splitter = new FrameSplitter();
  const frames = splitter.push(Buffer.from([0xc0, 0x00, 0x00, 0x05, 0x01]));
  expect(frames).toEqual([{ bytes: Buffer.from([0xc0, 0x00]), size: 2 }]);
  expect(splitter.broken).toBe(true);
  expect(splitter.pending).toBe(3);
  expect(splitter.rest).toEqual(Buffer.from([0x00, 0x05, 0x01]));
});

test("a length of five bytes breaks the stream, also when they come one by one", () => {
  const splitter = new FrameSplitter();
  const bytes = Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x01]);
  for (const chunk of chop(bytes, [1])) expect(splitter.push(chunk)).toEqual([]);
  expect(splitter.broken).toBe(true);
  expect(splitter.rest).toEqual(bytes);
});

test("a length of four bytes is the largest", () => {
  const splitter = new FrameSplitter();
  splitter.push(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]));
  expect(splitter.broken).toBe(false);
  expect(splitter.expected).toBe(5 + 268_435_455);
});

test("after the stream broke, garbage is kept until it is taken", () => {
  const splitter = new FrameSplitter();
  splitter.push(Buffer.from("\0garbage"));
  splitter.push(Buffer.from(" and more"));
  expect(splitter.take().toString()).toBe("\0garbage and more");
  expect(splitter.pending).toBe(0);
  splitter.push(Buffer.from("still"));
  expect(splitter.take().toString()).toBe("still");
});

test("of a huge packet only the beginning is kept, and its size is right", () => {
  const huge = Buffer.concat([Buffer.from([0x30, 0x80, 0x80, 0x80, 0x01]), Buffer.alloc(2 ** 21)]);
  fc.assert(
    fc.property(
      fc.integer({ min: 5, max: 3000 }),
      fc.integer({ min: 1000, max: 70_000 }),
      (keep, size) => {
        const splitter = new FrameSplitter(keep);
        const frames: RawFrame[] = [];
        let mostKept = 0;
        for (const chunk of chop(huge, [1, 3, size])) {
          frames.push(...splitter.push(chunk));
          mostKept = Math.max(mostKept, splitter.rest.length);
        }
        expect(mostKept).toBeLessThanOrEqual(keep);
        expect(frames).toEqual([{ bytes: huge.subarray(0, keep), size: huge.length }]);
        expect(splitter.push(Buffer.from([0xc0, 0x00]))).toHaveLength(1);
      },
    ),
    { numRuns: 30 },
  );
});

test("half a packet is pending, with the size that its header said", () => {
  const splitter = new FrameSplitter();
  splitter.push(Buffer.from([0x30]));
  expect(splitter).toMatchObject({ pending: 1, expected: undefined });
  splitter.push(Buffer.from([0x0a, 0x00]));
  expect(splitter).toMatchObject({ pending: 3, expected: 12 });
  expect(splitter.rest).toEqual(Buffer.from([0x30, 0x0a, 0x00]));
});
