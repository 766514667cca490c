import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { shorten, widthOf } from "../../../workbook/wire/columns.ts";
import { countBytes, listPackets } from "../../../workbook/wire/diagram.ts";
import { ack, connectPacket, encode, publishPacket } from "./rig.ts";
import { Story } from "./story.ts";

// Generous, for a machine that is busy with something else.
vi.setConfig({ testTimeout: 30_000 });

const connack = encode({ cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent: false });
const disconnect = encode({ cmd: "disconnect", reasonCode: 0 });

test("one client", () => {
  const story = new Story()
    .says("sensor-1", connectPacket("sensor-1"))
    .hears("sensor-1", connack)
    .says("sensor-1", publishPacket("sensors/co2/hall", 1, 7))
    .hears("sensor-1", ack("puback", 7))
    .says("sensor-1", disconnect)
    .closes("sensor-1", "client");
  expect(story.drawn(80)).toMatchInlineSnapshot(`
    "sensor-1                                             broker
        ├────────── CONNECT v5 sensor-1 clean 23 B ────────▶│
        │◀────────────── CONNACK accepted 5 B ──────────────┤
        ├─────── PUBLISH q1 #7 sensors/co2/hall 24 B ──────▶│
        │◀───────────────── PUBACK #7 4 B ──────────────────┤
        ├────────────────── DISCONNECT 4 B ────────────────▶│"
  `);
});

test("two clients, the broker between them", () => {
  const story = new Story()
    .says("display", connectPacket("display"))
    .hears("display", connack)
    .says("sensor-1", publishPacket("sensors/co2/hall", 2, 7))
    .hears("sensor-1", ack("pubrec", 7))
    .says("sensor-1", ack("pubrel", 7))
    .hears("sensor-1", ack("pubcomp", 7))
    .hears("display", publishPacket("sensors/co2/hall"));
  expect(story.drawn(100)).toMatchInlineSnapshot(`
    "display                                       broker                                       sensor-1
     ├──────── CONNECT v5 display clean 22 B ───────▶│                                               │
     │◀──────────── CONNACK accepted 5 B ────────────┤                                               │
     │                                               │◀──── PUBLISH q2 #7 sensors/co2/hall 24 B ─────┤
     │                                               ├──────────────── PUBREC #7 4 B ───────────────▶│
     │                                               │◀─────────────── PUBREL #7 4 B ────────────────┤
     │                                               ├──────────────── PUBCOMP #7 4 B ──────────────▶│
     │◀────── PUBLISH q0 sensors/co2/hall 22 B ──────┤                                               │"
  `);
});

test("where room is scarce, what tells the least is left out first", () => {
  const topic = "buildings/north/devices/lamp/status";
  const will = { topic, payload: Buffer.from("offline"), qos: 1, retain: true } as const;
  const retained = publishPacket(topic, 1, 54_321);
  retained[0] = (retained[0] ?? 0) | 1;
  const story = new Story()
    .says("lamp", connectPacket("lamp", 5, { will }))
    .says("lamp", publishPacket("lamp/status", 1, 54_321))
    .says("lamp", publishPacket(topic, 1, 54_321))
    .says("lamp", retained)
    .hears("lamp", encode({ cmd: "puback", messageId: 54_321, reasonCode: 16 }))
    .closes("lamp", "client")
    .says("monitor", connectPacket("monitor"));
  expect(story.drawn(80)).toMatchInlineSnapshot(`
    "lamp                                broker                              monitor
     ├─ CONNECT clean will q1 retain 66 B ▶│                                     │
     ├─ PUBLISH q1 #54321 …mp/status 19 B ▶│                                     │
     ├─ PUBLISH q1 #54321 …mp/status 43 B ▶│                                     │
     ├─ PUBLISH q1 retain …mp/status 43 B ▶│                                     │
     │◀ PUBACK 16 No matching subscr… 6 B ─┤                                     │
     × closed by the client, no DISCONNECT │                                     │
     │                                     │◀── CONNECT v5 monitor clean 22 B ───┤"
  `);
});

test("too many clients for the width become a list, as all do without a terminal", () => {
  const story = new Story();
  for (const name of ["a", "sensor-2", "c"]) story.says(name, publishPacket("t"));
  expect(story.drawn(80)).toBe(listPackets(story.transcript.entries));
  expect(story.drawn(0)).toBe(story.drawn(80));
  expect(story.drawn(80)).toMatchInlineSnapshot(`
    "a        -> broker  PUBLISH q0 t, 7 B
    sensor-2 -> broker  PUBLISH q0 t, 7 B
    c        -> broker  PUBLISH q0 t, 7 B"
  `);
});

test("the properties of MQTT 5 that change what a packet means", () => {
  const story = new Story()
    .says(
      "s",
      encode({
        cmd: "connect",
        clientId: "s",
        protocolVersion: 5,
        clean: false,
        properties: {
          sessionExpiryInterval: 60,
          receiveMaximum: 2,
          authenticationMethod: "SCRAM-SHA-256",
          authenticationData: Buffer.from("nobody shall read this"),
        },
        will: {
          topic: "w",
          payload: Buffer.from("gone"),
          qos: 1,
          retain: false,
          properties: { willDelayInterval: 5 },
        },
      }),
    )
    .says(
      "s",
      encode({
        cmd: "subscribe",
        messageId: 7,
        subscriptions: [
          { topic: "a/#", qos: 1, nl: true, rap: true, rh: 2 },
          { topic: "b", qos: 0 },
        ],
        properties: { subscriptionIdentifier: 3 },
      }),
    )
    .hears(
      "s",
      encode({
        cmd: "publish",
        topic: "a/b",
        payload: "",
        qos: 0,
        retain: false,
        dup: false,
        properties: {
          subscriptionIdentifier: [3, 4],
          contentType: "text/plain",
          userProperties: { via: ["cellar", "stairs"], unit: "ppm" },
        },
      }),
    )
    .hears(
      "s",
      encode({
        cmd: "disconnect",
        reasonCode: 139,
        properties: { reasonString: "back at noon" },
      }),
    );
  expect(story.drawn(0)).toMatchInlineSnapshot(`
    "s -> broker  CONNECT v5 s resume expiry 60 s receive max 2 auth SCRAM-SHA-256 will q1 w delay 5 s, 80 B
    s -> broker  SUBSCRIBE #7 a/# q1 nl rap rh 2, b q0 sub 3, 17 B
    s <- broker  PUBLISH q0 a/b sub 3 sub 4 text/plain via=cellar via=stairs unit=ppm, 65 B
    s <- broker  DISCONNECT 139 Server shutting down "back at noon", 19 B"
  `);
});

test("faults, a line that closes without DISCONNECT, bytes that are no packet", () => {
  const story = new Story()
    .says("s", publishPacket("a/b", 1, 7))
    .hears("s", ack("puback", 7), "dropped")
    .says("s", publishPacket("a/c"), "held")
    .says("s", publishPacket("a/d"), "delayed")
    .garbage("s", Buffer.from("\0GET / HTTP/1.1"))
    .closes("s", "client")
    .says("t", publishPacket("a/e"), "cut")
    .closes("t", "tap")
    .says("u", disconnect, "dropped")
    .closes("u", "client", { error: "read ECONNRESET" })
    .closes("v", "tap", { refused: true })
    .closes("w", "broker", { error: "connect ECONNREFUSED 127.0.0.1:1883" });
  expect(story.drawn(0)).toMatchInlineSnapshot(`
    "s -> broker  PUBLISH q1 #7 a/b, 11 B
    s <- broker  PUBACK #7 (DROPPED), 4 B
    s -> broker  PUBLISH q0 a/c (HELD), 9 B
    s -> broker  PUBLISH q0 a/d (DELAYED), 9 B
    s -> broker  undecodable (not MQTT): 00 47 45 54 20 2f 20 48 …, 15 B
    s    broker  closed by the client, no DISCONNECT
    t -> broker  PUBLISH q0 a/e (LINE CUT), 9 B
    t    broker  line cut by the tap
    u -> broker  DISCONNECT (DROPPED), 4 B
    u    broker  closed by the client, no DISCONNECT: read ECONNRESET
    v    broker  connection refused by the tap
    w    broker  the broker was not reached: connect ECONNREFUSED 127.0.0.1:1883"
  `);
  const drawing = new Story()
    .says("s", publishPacket("a/b", 1, 7))
    .hears("s", ack("puback", 7), "dropped")
    .says("s", publishPacket("a/d"), "delayed")
    .garbage("s", Buffer.from("\0GET / HTTP/1.1"))
    .closes("s", "client");
  expect(drawing.drawn(60)).toMatchInlineSnapshot(`
    " s                                                broker
     ├────────────── PUBLISH q1 #7 a/b 11 B ────────────▶│
     │×──────────── PUBACK #7 (DROPPED) 4 B ─────────────┤
     ├─────────── PUBLISH q0 a/d (DELAYED) 9 B ─────────▶│
     ├─ undecodable (not MQTT): 00 47 45 54 20 2f… 15 B ▶│
     ×        closed by the client, no DISCONNECT        │"
  `);
});

test("nothing at all", () => {
  expect(new Story().drawn(80)).toBe("broker");
  expect(new Story().drawn(0)).toBe("");
});

test("long client ids are shortened in the middle, and do not run into each other", () => {
  const story = new Story()
    .says("building-7-floor-3-room-12-sensor-0001", publishPacket("a"))
    .says("building-7-floor-3-room-12-sensor-0002", publishPacket("b"));
  expect(story.drawn(80)).toMatchInlineSnapshot(`
    "building-7-f…or-0001                broker                 building-7-f…or-0002
     ├────────── PUBLISH q0 a 7 B ────────▶│                                     │
     │                                     │◀───────── PUBLISH q0 b 7 B ─────────┤"
  `);
});

test("a client may call itself broker", () => {
  const story = new Story().says("broker", publishPacket("a"));
  expect(story.drawn(60)).toMatchInlineSnapshot(`
    "broker                                              broker
       ├───────────────── PUBLISH q0 a 7 B ───────────────▶│"
  `);
});

describe("what a packet says cannot drive the terminal", () => {
  const evil = "a\x1b[2J\r\n\x07\u202egnp\u200b\x9b";

  test("in topics, client ids and errors", () => {
    const story = new Story()
      .says("x", connectPacket(evil))
      .says("x", publishPacket(evil))
      .closes("x", "broker", { error: evil });
    expect(story.drawn(0)).toMatchInlineSnapshot(`
      "a\\x1b[2J\\x0d\\x0a\\x07\\u{2…gnp\\u{200b}\\x9b -> broker  CONNECT v5 a\\x1b[2J\\x0d\\x0a\\x07\\u{202e}gnp\\u{200b}\\x9b clean, 34 B
      a\\x1b[2J\\x0d\\x0a\\x07\\u{2…gnp\\u{200b}\\x9b -> broker  PUBLISH q0 a\\x1b[2J\\x0d\\x0a\\x07\\u{202e}gnp\\u{200b}\\x9b, 25 B
      a\\x1b[2J\\x0d\\x0a\\x07\\u{2…gnp\\u{200b}\\x9b    broker  closed by the broker, no DISCONNECT: a\\x1b[2J\\x0d\\x0a\\x07\\u{202e}gnp\\u{200b}\\x9b"
    `);
  });

  test("whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.constantFrom(0, 60, 80), (text, width) => {
        const story = new Story().says("x", connectPacket(text)).says("x", publishPacket(text));
        expect(story.drawn(width)).not.toMatch(/[^\P{C}\n]/u);
        expect(countBytes(story.transcript.entries)).not.toMatch(/[^\P{C}\n]/u);
      }),
    );
  });
});

describe("columns", () => {
  const anyName = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.string({ maxLength: 40, unit: "grapheme" }),
    fc.constantFrom("温度センサー", "🌡️ 🌡️ 🌡️", "e\u0301".repeat(30), "sensor-1", "broker"),
  );

  test("are never more than the terminal has", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(anyName, { minLength: 1, maxLength: 5 }),
        anyName,
        fc.integer({ min: 36, max: 200 }),
        (names, topic, width) => {
          const story = new Story();
          for (const name of names) {
            story.says(name, publishPacket(topic, 1, 65_535)).closes(name, "client");
          }
          const drawing = story.drawn(width);
          // The list has no columns to keep.
          if (drawing === listPackets(story.transcript.entries)) return;
          for (const line of drawing.split("\n")) expect(widthOf(line)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  test("wide letters, and marks on letters, leave the lines where they are", () => {
    const story = new Story()
      .says("温度センサー", publishPacket("建物/温度"))
      .says("温度センサー", publishPacket("cafe\u0301/🌡️"))
      .hears("温度センサー", publishPacket("plain"));
    const drawing = story.drawn(60);
    expect(drawing).toMatchInlineSnapshot(`
      "温度センサー                                         broker
         ├──────────── PUBLISH q0 建物/温度 19 B ───────────▶│
         ├───────────── PUBLISH q0 café/🌡️ 20 B ────────────▶│
         │◀───────────── PUBLISH q0 plain 11 B ──────────────┤"
    `);
    const widths = drawing.split("\n").map(widthOf);
    expect(new Set(widths.slice(1)).size).toBe(1);
  });

  test("shorten gives what fits, and as much of both ends as it can", () => {
    expect(shorten("sensors/temperature/room1", 12)).toBe("sensors…oom1");
    fc.assert(
      fc.property(anyName, fc.integer({ min: 1, max: 80 }), (text, room) => {
        const short = shorten(text, room);
        expect(widthOf(short)).toBeLessThanOrEqual(room);
        if (widthOf(text) <= room) expect(short).toBe(text);
        else expect(short).toContain("…");
      }),
    );
  });
});

test("bytes are counted by client and direction, over all its connections", () => {
  const story = new Story()
    .says("a", publishPacket("t"))
    .says("a", publishPacket("t"), "dropped")
    .hears("b", ack("puback"));
  expect(countBytes(story.transcript.entries)).toMatchInlineSnapshot(`
    "a sent 2 packets, 14 B and received 0 packets, 0 B
    b sent 0 packets, 0 B and received 1 packet, 4 B"
  `);
  // Of a part, only the part is counted.
  expect(countBytes(story.transcript.entries.slice(-1))).toMatchInlineSnapshot(
    `"b sent 0 packets, 0 B and received 1 packet, 4 B"`,
  );
});
