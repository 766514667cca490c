import fc from "fast-check";
import type { IConnectPacket } from "mqtt-packet";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import type { DeviceLine } from "../../workbook/proxy/device-line.ts";
import {
  type DeviceServer,
  type ServedDevice,
  serveDevices,
} from "../../workbook/proxy/device-server.ts";
import {
  type Message,
  messageFrom,
  packetFor,
  propertiesOf,
  sizeOnWire,
} from "../../workbook/proxy/message.ts";
import { assertRoutes, filtersOverlap, type Route } from "../../workbook/proxy/routes.ts";
import { filterMatches } from "../../workbook/wire/filters.ts";
import { RawClient } from "./contract/raw-client.ts";
import { ProjectCopy } from "./fixtures/project-copy.ts";

/** What lab 9 brings along, so that a learner writes none of it. */

let server: DeviceServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

test("lab 9 shows three brokers, one slow and one down, and what it does about them", {
  timeout: 60_000,
}, async () => {
  const project = await ProjectCopy.make();
  onTestFinished(() => project.remove());
  const { code, output } = await project.run("solutions/09-broker-proxy.ts", [], {});
  expect(output).toMatch("in this order: the reading (primary), the alarm (all)");
  expect(output).toMatch(/cloud\/pump\s.*CONNECT/);
  expect(output).toMatch("20 messages may wait for it, so it has missed 21.");
  expect(output).toMatch("The archive is back: 20 arrived in it, the newest last.");
  expect(output).toMatch("heard: through the proxy, past the proxy, past the proxy");
  expect(output).toMatch("somebody hears: alarms/pump gone");
  expect(code).toBe(0);
});

describe("the device's side of the proxy", () => {
  test("says what it does not do, and names a device that has no name", async () => {
    const { open } = await serve();
    const { connack } = await open({ clientId: "" });
    expect(connack).toMatchObject({ reasonCode: 0, sessionPresent: false });
    expect(connack.properties).toMatchObject({
      maximumQoS: 1,
      receiveMaximum: 100,
      sharedSubscriptionAvailable: false,
      subscriptionIdentifiersAvailable: false,
      assignedClientIdentifier: expect.stringMatching(/^proxy-/),
    });
  });

  test("refuses MQTT 3.1.1 so that it is understood", async () => {
    const { open } = await serve();
    const client = await open({ protocolVersion: 4 });
    expect(client.connack.returnCode).toBe(1);
    expect(await client.ended()).toBe("closed");
  });

  test.each([
    [155, { will: { topic: "t", payload: "gone", qos: 2 } }],
    [140, { properties: { authenticationMethod: "SCRAM" } }],
  ] as const)("refuses with %i what it cannot do for a device", async (code, options) => {
    const { open, said } = await serve();
    const client = await open(options as Partial<IConnectPacket>);
    expect(client.connack.reasonCode).toBe(code);
    expect(await client.ended()).toBe("closed");
    expect(said).toEqual([]);
  });

  test("ends a line that begins with anything but CONNECT", async () => {
    const { url } = await serve();
    const { port } = new URL(url);
    const { connect } = await import("node:net");
    const socket = connect(Number(port), "127.0.0.1");
    socket.write(Buffer.from([0xc0, 0]));
    await new Promise((resolve) => socket.once("close", resolve));
  });

  test.each<[string, number, (client: RawClient) => void]>([
    ["QoS 2", 155, (client) => client.send(client.publishPacket("t", "x", { qos: 2 }))],
    [
      "a topic alias",
      148,
      (client) => client.send(client.publishPacket("t", "x", { properties: { topicAlias: 1 } })),
    ],
    [
      "a subscription identifier",
      161,
      (client) => {
        client.subscribe("t", {}, { subscriptionIdentifier: 1 }).catch(() => {});
      },
    ],
    ["a second CONNECT", 130, (client) => client.send({ cmd: "connect", clientId: "x" })],
    ["a packet that only servers send", 130, (client) => client.send({ cmd: "pingresp" })],
    ["garbage", 129, (client) => client.write(Buffer.from([0x00, 0xff, 0xff, 0xff, 0xff, 0xff]))],
    [
      "a packet larger than was allowed",
      149,
      (client) => client.send(client.publishPacket("t", "x".repeat(300 * 1024))),
    ],
  ])("ends a line over %s with %i", async (_what, code, send) => {
    const { open, said } = await serve();
    const client = await open();
    send(client);
    expect(await client.ended()).toBe(`DISCONNECT ${code}`);
    expect(said.filter((what) => !/attach|detach|forget|close/.test(what))).toEqual([]);
  });

  test("refuses a shared subscription in its SUBACK", async () => {
    const { open, said } = await serve();
    const client = await open();
    expect(await client.subscribe("$share/workers/jobs/#")).toEqual([158]);
    expect(said).toEqual(["attach"]);
  });

  test("hands the rest to the device", async () => {
    const { open, said } = await serve();
    const client = await open();
    client.send(client.publishPacket("t", "x", { qos: 1 }));
    client.send({ cmd: "puback", messageId: 7 });
    client.send({ cmd: "subscribe", messageId: 8, subscriptions: [{ topic: "t", qos: 0 }] });
    client.send({ cmd: "unsubscribe", messageId: 9, unsubscriptions: ["t"] });
    await client.ping();
    expect(said).toEqual(["attach", "publish t", "acknowledged 7", "subscribe t", "unsubscribe t"]);
  });

  test.each([
    [0, "politely"],
    [4, "broken"],
  ])("takes DISCONNECT %i for a line that ended %s", async (reasonCode, how) => {
    const { open, said } = await serve();
    await (await open()).disconnect(reasonCode);
    expect(said.slice(0, 3)).toEqual(["attach", `detach ${how}`, "forget"]);
  });

  test("ends the line of a device that is silent", async () => {
    const { open } = await serve();
    const client = await open({ keepalive: 1 });
    expect(await client.ended()).toBe("DISCONNECT 141");
  });

  test("ends the line of a device that does not read", async () => {
    const { open, lines } = await serve();
    const client = await open();
    const payload = "x".repeat(100_000);
    for (let count = 0; count < 100; count++) lines[0]?.send(client.publishPacket("t", payload));
    expect(await client.ended()).toBe("closed");
  });

  test("lets the newer line of a device take the place of the older one", async () => {
    const { open, said } = await serve();
    const options = { clientId: "pump", clean: false, properties: { sessionExpiryInterval: 60 } };
    const first = await open(options);
    const second = await open(options);
    expect(await first.ended()).toBe("DISCONNECT 142");
    expect(second.connack.sessionPresent).toBe(true);
    await second.ping();
    expect(said).toEqual(["attach", "detach broken", "attach"]);
  });

  test("keeps a session as long as it was told", async () => {
    const { open, said, until } = await serve();
    const options = { clientId: "pump", clean: false, properties: { sessionExpiryInterval: 1 } };
    (await open(options)).cut();
    await until("detach broken");
    const again = await open(options);
    expect(again.connack.sessionPresent).toBe(true);
    again.cut();
    await until("forget");
    const anew = await open(options);
    expect(anew.connack.sessionPresent).toBe(false);
    expect(said.filter((what) => what === "forget")).toHaveLength(1);
  });

  test("ends a session with a clean start, or when DISCONNECT says so", async () => {
    const { open, said } = await serve();
    const options = { clientId: "pump", clean: false, properties: { sessionExpiryInterval: 60 } };
    await (await open(options)).disconnect();
    const clean = await open({ ...options, clean: true });
    expect(clean.connack.sessionPresent).toBe(false);
    await clean.disconnect(0, { sessionExpiryInterval: 0 });
    const anew = await open(options);
    expect(anew.connack.sessionPresent).toBe(false);
    expect(said.filter((what) => what === "forget")).toHaveLength(2);
  });

  test("lets a device go when the brokers have all of it, unless it is back", async () => {
    const { open, said, until, becomeIdle, made } = await serve({ isBusy: true });
    await (await open({ clientId: "pump" })).disconnect();
    const back = await open({ clientId: "pump" });
    becomeIdle();
    await back.ping();
    expect(said).not.toContain("close");
    await back.disconnect();
    await until("close");
    expect(made()).toBe(1);
  });

  /** A server whose devices only note what they are told. */
  const serve = async ({ isBusy = false } = {}) => {
    const said: string[] = [];
    const lines: DeviceLine[] = [];
    let [made, becomeIdle, look] = [0, () => {}, () => {}];
    const idle = isBusy
      ? new Promise<void>((resolve) => {
          becomeIdle = resolve;
        })
      : Promise.resolve();
    const say = (what: string) => {
      said.push(what);
      look();
    };
    const device: ServedDevice = {
      attach: (line) => {
        lines.push(line);
        say("attach");
      },
      publish: ({ topic }) => say(`publish ${topic}`),
      subscribe: ({ subscriptions, messageId = 0 }) => {
        say(`subscribe ${subscriptions.map(({ topic }) => topic)}`);
        lines.at(-1)?.send({ cmd: "suback", messageId, granted: [0] });
      },
      unsubscribe: ({ unsubscriptions }) => say(`unsubscribe ${unsubscriptions}`),
      acknowledged: (messageId) => say(`acknowledged ${messageId}`),
      detach: (how) => say(`detach ${how}`),
      forget: () => say("forget"),
      idle: () => idle,
      close: () => say("close"),
    };
    server = await serveDevices(0, () => {
      made++;
      return device;
    });
    const { url } = server;
    return {
      url,
      said,
      lines,
      made: () => made,
      becomeIdle: () => becomeIdle(),
      until: (what: string) =>
        new Promise<void>((resolve) => {
          look = () => {
            if (said.includes(what)) resolve();
          };
          look();
        }),
      open: (options: Partial<IConnectPacket> = {}) => RawClient.open(url, options),
    };
  };
});

describe("routes", () => {
  const levels = ["a", "b", "", "$s"];
  const filter = fc
    .tuple(fc.array(fc.constantFrom(...levels, "+"), { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([parts, open]) => [...parts, ...(open ? ["#"] : [])].join("/"));

  /** All topics that filters of up to four levels can tell apart. */
  const topics = (() => {
    let all: string[][] = [[]];
    const result: string[] = [];
    for (let depth = 0; depth < 4; depth++) {
      all = all.flatMap((head) => [...levels, "c"].map((level) => [...head, level]));
      result.push(...all.map((parts) => parts.join("/")));
    }
    return result;
  })();

  test("two filters overlap where a topic matches both", () => {
    const property = fc.property(fc.oneof(filter, fc.constant("#")), filter, (one, other) => {
      const both = topics.some((topic) => filterMatches(one, topic) && filterMatches(other, topic));
      expect(filtersOverlap(one, other)).toBe(both);
      expect(filtersOverlap(other, one)).toBe(both);
    });
    fc.assert(property, { numRuns: 500 });
  });

  const brokers = (...names: string[]) => names.map((name) => ({ name, url: "mqtt://localhost" }));
  const route = (...names: [string, ...string[]]): Route => {
    return { filter: "t/#", brokers: names, acknowledge: "all" };
  };

  test.each([
    [brokers("Site"), [], 'a broker\'s name has small letters, digits and dashes, not "Site"'],
    [brokers("a", "b", "a"), [], 'two brokers are called "a"'],
    [brokers("a"), [route("a", "c")], 'the route t/# leads to "c", which is no broker'],
    [brokers("a"), [route("a", "a")], "the route t/# names a broker twice"],
  ])("are refused in one line where they make no sense", (given, routes, message) => {
    expect(() => assertRoutes(given, routes)).toThrow(new RangeError(message));
  });
});

describe("a message", () => {
  const message: Message = {
    topic: "t",
    payload: Buffer.from("21.5 °C"),
    qos: 1,
    retain: true,
    properties: {
      payloadFormatIndicator: true,
      messageExpiryInterval: 60,
      contentType: "text/plain",
      responseTopic: "r",
      correlationData: Buffer.from("c"),
      userProperties: { unit: "°C", both: ["1", "2"] },
    },
    copyId: "copy-1",
  };

  test("comes back from a broker as it went there", () => {
    const properties = propertiesOf(message);
    expect(messageFrom({ ...message, properties })).toEqual(message);
    const without = { ...message, copyId: undefined };
    expect(messageFrom({ ...without, properties: propertiesOf(without) })).toEqual(without);
  });

  test("goes to the device without what is between proxy and brokers", () => {
    const packet = packetFor(message, 7);
    expect(packet).toMatchObject({ messageId: 7, qos: 1, retain: true, dup: false });
    expect(packet.properties).toEqual(message.properties);
    const own = { subscriptionIdentifier: 3, topicAlias: 1 };
    const taken = messageFrom({ ...packet, properties: { ...packet.properties, ...own } });
    expect(taken.properties).toEqual(message.properties);
  });

  test("is as large as its PUBLISH to a broker", () => {
    const bare = { ...message, properties: {}, copyId: undefined };
    // Fixed header 2, topic 2 + 1, packet identifier 2, length of the properties 1.
    expect(sizeOnWire(bare)).toBe(2 + 3 + 2 + 1 + message.payload.length);
    expect(sizeOnWire(message)).toBeGreaterThan(sizeOnWire({ ...message, copyId: undefined }));
  });
});
