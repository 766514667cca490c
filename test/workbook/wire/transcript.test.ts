import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { Connection, Frame, Transcript } from "../../../workbook/wire/transcript.ts";
import { anyPacket } from "./packets.ts";
import { connectPacket, of, publishPacket } from "./rig.ts";

// Generous, for a machine that is busy with something else.
vi.setConfig({ testTimeout: 30_000 });

const ping = Buffer.from([0xc0, 0x00]);

function frameOf(bytes: Buffer, connection = new Connection(1), size = bytes.length): Frame {
  return new Frame(0, connection, "to-broker", bytes, size);
}

test("a million frames leave a bounded number of entries, and counts that are right", () => {
  const transcript = new Transcript();
  const connection = new Connection(1);
  for (let i = 0; i < 1_000_000; i++) transcript.record(frameOf(ping, connection));
  expect(transcript.entries.length).toBeLessThanOrEqual(20_000);
  expect(transcript.entries.length + transcript.forgotten).toBe(1_000_000);
  const count = { packets: 1_000_000, bytes: 2_000_000 };
  expect(transcript.counts["to-broker"]).toEqual(count);
  expect(connection.counts["to-broker"]).toEqual(count);
});

test("large frames leave a bounded number of bytes", () => {
  const transcript = new Transcript();
  const large = publishPacket("t".repeat(65_000));
  for (let i = 0; i < 2000; i++) transcript.record(frameOf(large));
  const held = transcript.frames().reduce((sum, frame) => sum + frame.bytes.length, 0);
  expect(held).toBeLessThanOrEqual(32 * 1024 * 1024);
  expect(transcript.counts["to-broker"].bytes).toBe(2000 * large.length);
});

test("seen finds what was, and hears what comes", async () => {
  const transcript = new Transcript();
  const first = frameOf(publishPacket("first"));
  transcript.record(first);
  expect(await transcript.seen(of("publish", "first"))).toBe(first);
  const later = transcript.seen(of("publish", "second"));
  const second = frameOf(publishPacket("second"));
  transcript.record(second);
  expect(await later).toBe(second);
});

test("seen hears of a fate that is settled later", async () => {
  const transcript = new Transcript();
  const frame = frameOf(ping);
  frame.fate = "held";
  transcript.record(frame);
  const passed = transcript.seen((entry) => entry === frame && frame.fate === "passed");
  transcript.settle(frame, "passed");
  expect(await passed).toBe(frame);
});

test("listeners hear until they stop", () => {
  const transcript = new Transcript();
  const heard: unknown[] = [];
  const stopEntries = transcript.onEntry((entry) => heard.push(entry));
  const stopSettled = transcript.onSettled((frame) => heard.push(frame.fate));
  const frame = frameOf(ping);
  transcript.record(frame);
  transcript.settle(frame, "dropped");
  stopEntries();
  stopSettled();
  transcript.record(frame);
  transcript.settle(frame, "passed");
  expect(heard).toEqual([frame, "dropped"]);
});

test("a DISCONNECT that did not arrive is none", () => {
  const transcript = new Transcript();
  const connection = new Connection(1);
  const frame = frameOf(Buffer.from([0xe0, 0x00]), connection);
  frame.fate = "dropped";
  transcript.record(frame);
  expect(connection.saidDisconnect).toBe(false);
  transcript.settle(frame, "passed");
  expect(connection.saidDisconnect).toBe(true);
});

test("a packet decodes alike whatever was decoded before it", () => {
  const anyBytes = fc.oneof(
    anyPacket,
    fc.constantFrom(connectPacket("five", 5), connectPacket("four", 4)),
    // A packet that is framed well and says anything inside.
    fc
      .tuple(fc.integer({ min: 1, max: 255 }), fc.uint8Array({ maxLength: 20 }))
      .filter(([first]) => first >> 4 > 0)
      .map(([first, rest]) => Buffer.from([first, rest.length, ...rest])),
  );
  const decoded = (bytes: Buffer, version: 4 | 5) => {
    const connection = new Connection(1);
    connection.protocolVersion = version;
    const { packet, problem } = frameOf(bytes, connection);
    return { packet, problem };
  };
  fc.assert(
    fc.property(fc.array(anyBytes), anyBytes, fc.constantFrom(4, 5), (before, bytes, version) => {
      const alone = decoded(bytes, version);
      for (const other of before) decoded(other, version);
      expect(decoded(bytes, version)).toEqual(alone);
    }),
  );
});
