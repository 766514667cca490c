/**
 * A publisher in a process of its own, on a bare socket, so that neither a client library nor the tap's
 * work is what is measured:
 *
 *   node --import tsx test/bench/generator.ts URL QOS MESSAGES
 *
 * Prints how many messages a second the broker took. At QoS 1 and 2 as many are in flight as Mosquitto
 * allows a client.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { generate, type Packet, parser } from "mqtt-packet";

const IN_FLIGHT = 20;
const BATCH = 100;

const [url = "", level, count] = process.argv.slice(2);
const qos = Number(level) as 0 | 1 | 2;
const messages = Number(count);
const { hostname, port } = new URL(url);
const socket = connect(Number(port), hostname).setNoDelay(true);
const decoder = parser({ protocolVersion: 4 });
const payload = Buffer.alloc(100, "x");

const publish = (messageId: number) =>
  generate({
    cmd: "publish",
    topic: "bench/load",
    payload,
    qos,
    dup: false,
    retain: false,
    ...(qos > 0 && { messageId }),
  });
const send = (packet: Packet) => socket.write(generate(packet));

let finished = () => {};
const done = new Promise<void>((resolve) => {
  finished = resolve;
});
let begun = 0;
let sent = 0;
let confirmed = 0;

decoder.on("packet", (packet: Packet) => {
  if (packet.cmd === "connack") void begin();
  else if (packet.cmd === "pubrec") send({ cmd: "pubrel", messageId: packet.messageId ?? 0 });
  else if (packet.cmd === "puback" || packet.cmd === "pubcomp") confirm(packet.messageId ?? 0);
  else if (packet.cmd === "pingresp") finished();
});
socket.on("data", (chunk) => decoder.parse(chunk));

function confirm(messageId: number): void {
  if (++confirmed === messages) finished();
  else if (sent < messages) sendOne(messageId);
}

function sendOne(messageId: number): void {
  sent++;
  socket.write(publish(messageId));
}

async function begin(): Promise<void> {
  begun = performance.now();
  if (qos > 0) {
    for (let id = 1; id <= Math.min(IN_FLIGHT, messages); id++) sendOne(id);
    return;
  }
  const batch = Buffer.concat(Array.from({ length: BATCH }, () => publish(0)));
  for (; sent < messages; sent += BATCH) {
    if (!socket.write(batch)) await once(socket, "drain");
  }
  // Its answer comes when the broker has read all that went before.
  send({ cmd: "pingreq" });
}

send({
  cmd: "connect",
  protocolId: "MQTT",
  protocolVersion: 4,
  clean: true,
  clientId: `bench-${process.pid}`,
  keepalive: 0,
});
await done;
console.log(Math.round(messages / ((performance.now() - begun) / 1000)));
socket.destroy();
