import { generate, type Packet, parser } from "mqtt-packet";
import { serveFake } from "../loopback.ts";
import type { Endpoint } from "../probe.ts";

/** Accepts every client and acknowledges what it publishes, in the lengths of Mosquitto 2. */
export function startMqttFake(): Promise<Endpoint> {
  return serveFake("built-in fake", (socket) => {
    // Learns the version from the CONNECT.
    const decoder = parser();
    let protocolVersion = 4;
    const answer = (packet: Packet) => socket.write(generate(packet, { protocolVersion }));
    // The short form, which is the same in both versions: success needs no reason code.
    const acknowledge = (cmd: "puback" | "pubrec" | "pubcomp", messageId: number) =>
      socket.write(generate({ cmd, messageId }, { protocolVersion: 4 }));
    decoder.on("packet", (packet) => {
      const { messageId = 0 } = packet;
      if (packet.cmd === "connect") {
        protocolVersion = packet.protocolVersion ?? 4;
        const accepted = { cmd: "connack", sessionPresent: false } as const;
        if (protocolVersion === 5) {
          const properties = { topicAliasMaximum: 10, receiveMaximum: 20 };
          answer({ ...accepted, reasonCode: 0, properties });
        } else {
          answer({ ...accepted, returnCode: 0 });
        }
      } else if (packet.cmd === "publish" && packet.qos === 1) {
        acknowledge("puback", messageId);
      } else if (packet.cmd === "publish" && packet.qos === 2) {
        acknowledge("pubrec", messageId);
      } else if (packet.cmd === "pubrel") {
        acknowledge("pubcomp", messageId);
      }
    });
    socket.on("data", (bytes) => decoder.parse(bytes));
  });
}
