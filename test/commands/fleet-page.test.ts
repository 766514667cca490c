import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startEmbedded } from "../../workbook/broker/embedded.ts";
import { Fleet } from "../../workbook/fleet/fleet.ts";
import { serveFleet } from "../../workbook/fleet/server.ts";
import { root } from "../../workbook/modules.ts";
import { openTap } from "../../workbook/wire/tap.ts";
import { allOnline, openFleet } from "../workbook/fleet/rig.ts";

const executablePath = ["chromium", "chromium-browser", "google-chrome"]
  .map((name) => `/usr/bin/${name}`)
  .find(existsSync);
const missing = executablePath ? "" : ", left out: there is no Chromium on this machine";

test("the page's scripts have sound types", () => {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const found = spawnSync(process.execPath, [tsc, "-p", join(root, "workbook/fleet/page")]);
  expect(found.stdout.toString()).toBe("");
  expect(found.status).toBe(0);
});

/** A page in the browser, and the fleet that it shows. */
interface Opened {
  readonly page: Page;
  readonly fleet: Fleet;
  /** What the browser complained about. */
  readonly complaints: readonly string[];
}

describe(`the page in Chromium${missing}`, {
  timeout: 60_000,
  skip: executablePath === undefined,
}, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ ...(executablePath && { executablePath }) });
  }, 60_000);
  afterAll(() => browser?.close());

  async function open(
    devices = 3,
    look: { width?: number; colorScheme?: "light" | "dark" } = {},
  ): Promise<Opened> {
    const fleet = await openFleet(devices);
    await allOnline(fleet);
    const server = await serveFleet(fleet, 0);
    onTestFinished(() => server.close());
    const { width = 1280, colorScheme = "light" } = look;
    const context = await browser.newContext({ viewport: { width, height: 844 }, colorScheme });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("pageerror", ({ message }) => complaints.push(message));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(server.url)) complaints.push(`asked for ${request.url()}`);
    });
    await page.goto(server.url);
    await card(page, "kitchen").waitFor();
    return { page, fleet, complaints };
  }

  const card = (page: Page, id: string) => page.locator(`.card[data-id="${id}"]`);
  const rows = (page: Page) => page.locator("#entries .words");
  const press = (page: Page, name: string) => page.getByRole("button", { name }).click();
  const seen = (locator: Locator, text: string | RegExp) =>
    locator.filter({ hasText: text }).first().waitFor();

  test("shows the devices, their state and what they measure", async () => {
    const { page, complaints } = await open(8);
    expect(await page.locator(".card").count()).toBe(8);
    await seen(card(page, "kitchen"), /kitchen.*online.*temperature -?[\d.]+ °C/s);
    expect(await page.locator("#about").textContent()).toMatch(/^8 devices on Aedes .*, seed 1\./);
    expect(complaints).toEqual([]);
  });

  test("a device goes off line by its will once its line is cut, and comes back", async () => {
    const { page, complaints } = await open();
    // It is back in five seconds: what is to be seen until then is looked for from the beginning.
    await Promise.all([
      seen(card(page, "hall"), "offline, by its will"),
      seen(page.locator("#said"), "hall: offline, by its will"),
      press(page, "Cut line: hall"),
    ]);
    await seen(card(page, "hall"), "The line is cut.");
    await seen(rows(page), "line cut by the tap");
    await seen(rows(page), /PUBLISH q1 .*fleet\/hall\/status by=will/);
    expect(await card(page, "kitchen").locator(".state").textContent()).toBe("online");
    await seen(page.locator("#said"), "hall: online");
    expect(complaints).toEqual([]);
  });

  test("a device that is switched off says so by its own word", async () => {
    const { page } = await open();
    await press(page, "Stop: hall");
    await seen(card(page, "hall"), "offline, by its own word");
    await press(page, "Start: hall");
    await seen(page.locator("#said"), "hall: online");
  });

  test("a command and its reply", async () => {
    const { page } = await open();
    await press(page, "Command: hall");
    await seen(card(page, "hall"), /Reply after \d+ ms: \{"done":true\}/);
    await seen(rows(page), "fleet/monitor/reply");
  });

  test("a QoS 2 flow can be followed: four packets, one after the other", async () => {
    const { page, complaints } = await open();
    await press(page, "QoS 2: hall");
    await press(page, "Wire: only hall");
    expect(await page.locator("#client-filter").inputValue()).toBe("fleet-hall");
    await page.locator("#type-filter").selectOption({ label: "messages and their answers" });
    await seen(rows(page), /^PUBCOMP/);
    const words = await rows(page).allTextContents();
    const begin = words.findIndex((text) => text.includes("fleet/hall/message"));
    const flow = words.slice(begin).filter((text) => !/reading/.test(text));
    expect(flow.map((text) => text.split(" ")[0])).toEqual([
      "PUBLISH",
      "PUBREC",
      "PUBREL",
      "PUBCOMP",
    ]);
    const arrows = page.locator("#entries .arrow");
    expect(await arrows.count()).toBe(words.length);
    // From the packet, too, and from one to the next.
    await seen(rows(page), /^PUBREC/);
    await rows(page)
      .filter({ hasText: /^PUBREC/ })
      .click();
    const steps = page.locator(".flow li");
    await seen(steps, /PUBCOMP/);
    expect(await steps.allTextContents()).toEqual([
      "PUBLISH → fleet-hall",
      "PUBREC → broker",
      "PUBREL → fleet-hall",
      "PUBCOMP → broker",
    ]);
    expect(await page.locator(".flow [aria-current]").textContent()).toMatch(/^PUBREC/);
    await page.getByRole("button", { name: "PUBREL →" }).click();
    await seen(page.locator("#packet-title"), /^PUBREL/);
    expect(complaints).toEqual([]);
  });

  test("a packet's bytes are explained, each of them", async () => {
    const { page, complaints } = await open();
    await press(page, "QoS 2: hall");
    await page.locator("#type-filter").selectOption("publish");
    await seen(rows(page), "fleet/hall/message");
    await press(page, "Pause");
    const message = rows(page).filter({ hasText: "fleet/hall/message" }).first();
    await message.click();
    await seen(page.locator("#packet-title"), /^PUBLISH q2 #\d+ fleet\/hall\/message$/);
    const bytes = (await page.locator(".bytes").innerText()).trim().split(/\s+/);
    expect(Buffer.from(bytes.join(""), "hex").toString("latin1")).toMatch(
      /fleet\/hall\/message.*message 1$/s,
    );
    const table = page.locator("#packet table");
    await seen(table, /0011 0100.*bits 2-1 *QoS 2.*fleet\/hall\/message.*message 1/s);
    // Bytes and their line are marked together.
    await page.locator("tr", { hasText: "Payload" }).hover();
    expect(await page.locator(".part.lit").innerText()).toBe(
      Buffer.from("message 1").toString("hex").match(/../g)?.join(" "),
    );
    await page.getByRole("button", { name: "Close" }).click();
    await page.locator("#packet").waitFor({ state: "hidden" });
    expect(complaints).toEqual([]);
  });

  test("pausing stops the wire, and going on shows what came in between", async () => {
    const { page, fleet } = await open();
    await press(page, "Pause");
    const before = await rows(page).count();
    await fleet.act("hall", "message");
    await seen(page.locator("#wire-note"), /^Paused\. [1-9]\d* more since\.$/);
    expect(await rows(page).count()).toBe(before);
    await press(page, "Go on");
    await seen(rows(page), "fleet/hall/message");
  });

  test("everything can be done from the keyboard", async () => {
    const { page, complaints } = await open(1);
    const focused = () =>
      page.evaluate(
        "document.activeElement.getAttribute('aria-label') || document.activeElement.id || document.activeElement.className",
      );
    const order: unknown[] = [];
    for (let i = 0; i < 9; i++) {
      await page.keyboard.press("Tab");
      order.push(await focused());
    }
    expect(order).toEqual([
      "Cut line: kitchen",
      "Stop: kitchen",
      "Command: kitchen",
      "QoS 2: kitchen",
      "Wire: only kitchen",
      "client-filter",
      "type-filter",
      "pause",
      "row",
    ]);
    await page.keyboard.press("Home");
    const first = await page.locator("#entries :focus").innerText();
    expect(first).toMatch("CONNECT");
    await page.keyboard.press("ArrowDown");
    expect(await page.locator("#entries :focus").innerText()).toMatch("CONNACK");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await seen(page.locator("#packet-title"), /^CONNECT v5 fleet-monitor/);
    expect(await focused()).toBe("packet-title");
    await page.keyboard.press("Escape");
    await page.locator("#packet").waitFor({ state: "hidden" });
    expect(await page.locator("#entries :focus").innerText()).toBe(first);
    expect(complaints).toEqual([]);
  });

  test.for(["light", "dark"] as const)(
    "fits a phone of 390 px, %s",
    async (colorScheme, { expect }) => {
      const { page, complaints } = await open(8, { width: 390, colorScheme });
      await Promise.all([
        seen(card(page, "hall"), "offline, by its will"),
        press(page, "Cut line: hall"),
      ]);
      const width = () => page.evaluate("document.documentElement.scrollWidth");
      expect(await width()).toBe(390);
      const list = page.locator("#entries");
      const hangsOver = await list.evaluate((ol) => ol.scrollWidth - ol.clientWidth);
      expect(hangsOver).toBe(0);
      // Who speaks to whom stands in words where there is no room for lanes.
      await seen(page.locator("#entries .who:visible"), "fleet-kitchen → broker");
      await press(page, "Pause");
      await rows(page).filter({ hasText: "CONNECT v5" }).first().click();
      await page.locator("#packet table").waitFor();
      expect(
        await page.evaluate("document.getElementById('packet').scrollWidth"),
      ).toBeLessThanOrEqual(390);
      expect(await width()).toBe(390);
      expect(complaints).toEqual([]);
    },
  );

  test("what comes over MQTT is shown as text", async () => {
    const { page, complaints } = await open(1);
    const markup = "<img src=x onerror=alert(1)><b>bold</b>";
    const address = /mqtt:\/\/[\d.:]+/.exec(
      (await page.locator("#about").textContent()) ?? "",
    )?.[0];
    const stranger = await connectAsync(address ?? "", { clientId: markup, protocolVersion: 5 });
    onTestFinished(() => stranger.endAsync());
    await stranger.publishAsync(`fleet/${markup}`, markup, {
      qos: 1,
      properties: { userProperties: { [markup]: markup } },
    });
    const row = rows(page).filter({ hasText: `fleet/${markup}` });
    await row.waitFor();
    await row.click();
    await seen(page.locator("#packet td"), markup);
    expect(
      await page.locator("#entries img, #entries b, #packet img, #packet b, option b").count(),
    ).toBe(0);
    expect(await page.locator("#client-filter option").allTextContents()).toContain(markup);
    expect(complaints).toEqual([]);
  });

  test("of a flood of packets, page and server keep the last ones", async () => {
    const { page, fleet, complaints } = await open(1);
    const { tapUrl } = fleet.snapshot;
    const flood = await connectAsync(tapUrl, { clientId: "flood", protocolVersion: 5 });
    onTestFinished(() => flood.endAsync());
    for (let i = 0; i < 3000; i++) flood.publish("flood", String(i));
    await flood.publishAsync("flood/last", "", { qos: 1 });
    await seen(rows(page), "flood/last");
    expect(await rows(page).count()).toBeLessThanOrEqual(300);
    expect(fleet.snapshot.entries.length).toBeLessThanOrEqual(1100);
    await rows(page).filter({ hasText: "PUBLISH q0 flood" }).first().click();
    await seen(page.locator("#packet th"), "Payload");
    expect(complaints).toEqual([]);
  });

  test("says so when it hears the devices no more, and takes it back", async () => {
    const broker = await startEmbedded();
    onTestFinished(() => broker.stop());
    // A line between the fleet and its broker, to be cut.
    const line = await openTap(broker.url);
    onTestFinished(() => line.close());
    const fleet = await Fleet.open({ ...broker, url: line.url }, 1, 1);
    onTestFinished(() => fleet.close());
    const server = await serveFleet(fleet, 0);
    onTestFinished(() => server.close());
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(server.url);
    await card(page, "kitchen").waitFor();
    const lost = Promise.all([
      seen(page.locator("#connection"), "The monitor has lost its line to the broker."),
      seen(card(page, "kitchen"), "offline, by its will"),
    ]);
    expect(line.cutLines(() => true)).toBe(2);
    await lost;
    await page.locator("#connection").waitFor({ state: "hidden" });
    await seen(page.locator("#said"), "kitchen: online");
  });

  test("says so when the fleet has ended", async () => {
    const fleet = await openFleet(1);
    const server = await serveFleet(fleet, 0);
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(server.url);
    await card(page, "kitchen").waitFor();
    await server.close();
    await seen(page.locator("#connection"), "The fleet does not answer.");
  });
});
