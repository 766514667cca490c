import fc from "fast-check";
import { generate, type Packet } from "mqtt-packet";

/** Control packets of all sizes and types, as the bytes they are on the wire in MQTT 5. */
export const anyPacket: fc.Arbitrary<Buffer> = fc
  .oneof(
    fc.record({
      cmd: fc.constant("publish" as const),
      topic: fc.string({ minLength: 1, maxLength: 300, unit: "grapheme" }),
      payload: fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
      qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
      dup: fc.boolean(),
      retain: fc.boolean(),
      messageId: fc.integer({ min: 1, max: 65_535 }),
    }),
    fc.record({
      cmd: fc.constantFrom(
        "puback" as const,
        "pubrec" as const,
        "pubrel" as const,
        "pubcomp" as const,
      ),
      messageId: fc.integer({ min: 1, max: 65_535 }),
      reasonCode: fc.constantFrom(0, 16),
    }),
    fc.constantFrom({ cmd: "pingreq" as const }, { cmd: "pingresp" as const }),
    fc.record({
      cmd: fc.constant("suback" as const),
      messageId: fc.integer({ min: 1, max: 65_535 }),
      granted: fc.array(fc.constantFrom(0, 1, 2), { minLength: 1, maxLength: 200 }),
    }),
  )
  .map((packet) => generate(packet as Packet, { protocolVersion: 5 }));

/** Sizes of the chunks in which a network might deliver bytes. */
export const anyChunking = fc.array(fc.integer({ min: 1, max: 400 }), {
  minLength: 1,
  maxLength: 20,
});
