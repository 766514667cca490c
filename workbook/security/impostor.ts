import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:tls";
import { generate, type IConnectPacket, parser } from "mqtt-packet";
import type { Credentials } from "./certificates.ts";

/** A server that takes itself for a broker, to see who falls for it. */
export interface Impostor {
  /** At the same host name as the real one. */
  readonly url: string;
  /** What clients told it before they noticed: all that a CONNECT holds. */
  readonly caught: readonly IConnectPacket[];
  close(): Promise<void>;
}

/** Listens on loopback, shows this certificate, and accepts whoever connects. */
export async function openImpostor({ certificate, key }: Credentials): Promise<Impostor> {
  const caught: IConnectPacket[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ cert: certificate, key }, (socket) => {
    const decoder = parser({ protocolVersion: 5 });
    decoder.on("packet", (packet) => {
      if (packet.cmd !== "connect") return;
      caught.push(packet);
      const { protocolVersion = 5 } = packet;
      const connack = {
        cmd: "connack",
        reasonCode: 0,
        returnCode: 0,
        sessionPresent: false,
      } as const;
      socket.write(generate(connack, { protocolVersion }));
    });
    decoder.on("error", () => socket.destroy());
    socket.on("data", (bytes) => decoder.parse(bytes));
    socket.on("error", () => {});
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  });
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `mqtts://127.0.0.1:${port}`,
    caught,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
