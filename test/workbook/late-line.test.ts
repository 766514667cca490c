import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import { openLateLine } from "../../workbook/checks/late-line.ts";

test("what crosses a late line comes whole and in order, in both directions, and its end too", async () => {
  const { echo, line } = await openEcho();
  try {
    const sent = Array.from({ length: 20 }, (_, number) => randomBytes(number * 100));
    const { hostname, port } = new URL(line.url);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    const back = buffer(socket);
    for (const piece of sent) {
      socket.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    socket.end();
    expect((await back).equals(Buffer.concat(sent))).toBe(true);
  } finally {
    await line.close();
    echo.close();
  }
});

test("a late line that closes ends its connections", async () => {
  const { echo, line } = await openEcho();
  const socket = connect(Number(new URL(line.url).port), "127.0.0.1").on("error", () => {});
  socket.write("x");
  await once(socket, "data");
  const closed = once(socket, "close");
  await line.close();
  await closed;
  const ended = once(echo, "close");
  echo.close();
  await ended;
});

/** A server that sends back what comes, behind a late line. */
async function openEcho() {
  const echo = createServer({ allowHalfOpen: true }, (socket) => void socket.pipe(socket));
  await once(echo.listen(0, "127.0.0.1"), "listening");
  const address = echo.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { echo, line: await openLateLine(`mqtt://127.0.0.1:${address.port}`, 1) };
}
