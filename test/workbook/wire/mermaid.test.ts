import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { drawMermaid } from "../../../workbook/wire/mermaid.ts";
import { ack, connectPacket, publishPacket } from "./rig.ts";
import { Story } from "./story.ts";

// Generous, for a machine that is busy with something else.
vi.setConfig({ testTimeout: 30_000 });

const mermaid = (story: Story) => drawMermaid(story.transcript.entries);

test("two clients, the broker between them", () => {
  const story = new Story()
    .says("sensor-1", publishPacket("sensors/co2/hall", 1, 7))
    .hears("sensor-1", ack("puback", 7))
    .hears("display", publishPacket("sensors/co2/hall"));
  expect(mermaid(story)).toMatchInlineSnapshot(`
    "sequenceDiagram
      participant client1 as sensor-1
      participant broker
      participant client2 as display
      client1->>broker: PUBLISH q1 #35;7 sensors/co2/hall (24 B)
      broker->>client1: PUBACK #35;7 (4 B)
      broker->>client2: PUBLISH q0 sensors/co2/hall (22 B)"
  `);
});

test("faults, and a line that closes without DISCONNECT", () => {
  const story = new Story()
    .says("s", publishPacket("a/b", 1, 7), "delayed")
    .hears("s", ack("puback", 7), "dropped")
    .says("s", publishPacket("a/c"), "cut")
    .closes("s", "tap")
    .closes("t", "broker", { error: "read ECONNRESET" });
  expect(mermaid(story)).toMatchInlineSnapshot(`
    "sequenceDiagram
      participant client1 as s
      participant broker
      participant client2 as t
      client1->>broker: PUBLISH q1 #35;7 a/b (DELAYED) (11 B)
      broker-xclient1: PUBACK #35;7 (DROPPED) (4 B)
      client1-xbroker: PUBLISH q0 a/c (LINE CUT) (9 B)
      Note over client1,broker: line cut by the tap
      Note over client2,broker: closed by the broker, no DISCONNECT#58; read ECONNRESET"
  `);
});

test("what Mermaid would read as syntax becomes character codes", () => {
  const story = new Story()
    .says("a;b#c:<d>", publishPacket('%%{init}%%\n{"x":1};end &amp; `\\`'))
    .says(" ", publishPacket("end"));
  expect(mermaid(story)).toMatchInlineSnapshot(`
    "sequenceDiagram
      participant client1 as a#59;b#35;c#58;#60;d#62;
      participant broker
      participant client2 as #32;
      client1->>broker: PUBLISH q0 #37;#37;#123;init#125;#37;#37;#92;x0a#123;"x"#58;1#125;#59;end #38;amp#59; #96;#92;#96; (38 B)
      client2->>broker: PUBLISH q0 end (9 B)"
  `);
});

test("a text from the wire never adds a line or a statement", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const story = new Story().says("x", connectPacket(text)).says("x", publishPacket(text));
      const lines = mermaid(story).split("\n");
      expect(lines).toHaveLength(5);
      for (const line of lines.slice(3)) expect(line).toMatch(/^ {2}client1->>broker: [^:]*$/);
      for (const line of lines) {
        const words = line.replace("->>", "").replace(/#\d+;/g, "");
        expect(words).not.toMatch(/[;<>{}&%`#]/u);
      }
    }),
  );
});
