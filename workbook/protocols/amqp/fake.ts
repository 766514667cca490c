import { serveFake } from "../loopback.ts";
import { type Endpoint, Inflow } from "../probe.ts";
import { FRAME_END, frameTypes, GREETING, methodOf, methods, takeFrame } from "./messages.ts";

/** Takes every client, and confirms every message by itself. RabbitMQ confirms several at once. */
export function startAmqpFake(): Promise<Endpoint> {
  return serveFake("built-in fake", (socket) => {
    const inflow = new Inflow();
    let greeted = false;
    let published = 0;
    let left = 0;

    const answer = (channel: number, method: string, ...fields: readonly Buffer[]) =>
      socket.write(methodFrame(channel, method, fields));
    const confirm = (channel: number) => {
      const tag = Buffer.alloc(9);
      tag.writeBigUInt64BE(BigInt(++published));
      answer(channel, methods.basicAck, tag);
    };
    const take = (frame: Buffer) => {
      const channel = frame.readUInt16BE(1);
      if (frame[0] === frameTypes.header) {
        left = Number(frame.readBigUInt64BE(11));
        if (left === 0) confirm(channel);
        return;
      }
      if (frame[0] === frameTypes.body) {
        left -= frame.length - 8;
        if (left === 0) confirm(channel);
        return;
      }
      switch (methodOf(frame)) {
        case methods.connectionStartOk:
          // At most so many channels, bytes in a frame (0: as you like), seconds between heartbeats.
          return answer(0, methods.connectionTune, shorts(2047), longs(131_072), shorts(60));
        case methods.connectionOpen:
          return answer(0, methods.connectionOpenOk, shortText(""));
        case methods.channelOpen:
          return answer(channel, methods.channelOpenOk, longs(0));
        case methods.confirmSelect:
          return answer(channel, methods.confirmSelectOk);
        case methods.channelClose:
          return answer(channel, methods.channelCloseOk);
        case methods.connectionClose:
          return answer(0, methods.connectionCloseOk);
      }
    };

    socket.on("data", (bytes) => {
      inflow.push(bytes);
      if (!greeted) {
        const greeting = inflow.take(GREETING.length);
        if (greeting === undefined) return;
        if (!greeting.equals(GREETING)) return socket.destroy();
        greeted = true;
        // Version 0-9, no properties, one way to log in, one language.
        const version = Buffer.from([0, 9]);
        const ways = [longText("PLAIN"), longText("en_US")];
        answer(0, methods.connectionStart, version, longs(0), ...ways);
      }
      for (let frame = takeFrame(inflow); frame !== undefined; frame = takeFrame(inflow)) {
        take(frame);
      }
    });
  });
}

function methodFrame(channel: number, method: string, fields: readonly Buffer[]): Buffer {
  const content = Buffer.concat([shorts(...method.split(".").map(Number)), ...fields]);
  const head = Buffer.concat([
    Buffer.from([frameTypes.method]),
    shorts(channel),
    longs(content.length),
  ]);
  return Buffer.concat([head, content, Buffer.from([FRAME_END])]);
}

function shorts(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * numbers.length);
  for (const [index, number] of numbers.entries()) bytes.writeUInt16BE(number, 2 * index);
  return bytes;
}

function longs(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
}

function shortText(text: string): Buffer {
  return Buffer.concat([Buffer.from([Buffer.byteLength(text)]), Buffer.from(text)]);
}

function longText(text: string): Buffer {
  return Buffer.concat([longs(Buffer.byteLength(text)), Buffer.from(text)]);
}
