/** @import { Snapshot, WireEntry } from "../shapes.ts" */
import { byId, element } from "./element.js";
import { Lanes } from "./lanes.js";

/** How many entries the page keeps, and how many of them it shows at a time. */
const KEPT = 1000;
const SHOWN = 300;
/** How many names of clients the page knows: strangers may come and go. */
const NAMES = 60;

const kinds = /** @type {const} */ ([
  ["all", undefined],
  ["messages and their answers", ["publish", "puback", "pubrec", "pubrel", "pubcomp"]],
  ["connections", ["connect", "connack", "disconnect", "auth", "closed"]],
  ["subscriptions", ["subscribe", "suback", "unsubscribe", "unsuback"]],
  ["pings", ["pingreq", "pingresp"]],
]);
const types = [...new Set(kinds.flatMap(([, types]) => types ?? []))].filter(
  (type) => type !== "closed",
);

/** The sequence diagram as it happens. */
export class Wire {
  #list = byId("entries", HTMLOListElement);
  #clientFilter = byId("client-filter", HTMLSelectElement);
  #typeFilter = byId("type-filter", HTMLSelectElement);
  #pause = byId("pause", HTMLButtonElement);
  #note = byId("wire-note", HTMLParagraphElement);
  #lanes = new Lanes();
  /** @type {WireEntry[]} */
  #entries = [];
  /** @type {string[]} */
  #clients = [];
  /**
   * What there was when the page was paused.
   *
   * @type {readonly WireEntry[] | undefined}
   */
  #frozen;
  #open;
  #frame = 0;
  /** @type {WireEntry[]} */
  #coming = [];

  /** @param {(number: number) => void} open show a packet */
  constructor(open) {
    this.#open = open;
    this.#typeFilter.append(
      ...kinds.map(([words, group]) => element("option", { value: group?.join() ?? "" }, words)),
      ...types.map((type) => element("option", { value: type }, type.toUpperCase())),
    );
    this.#clientFilter.addEventListener("change", () => this.#drawAll());
    this.#typeFilter.addEventListener("change", () => this.#drawAll());
    // A phone changes its height while one scrolls; lanes only depend on the width.
    let width = innerWidth;
    addEventListener("resize", () => {
      if (width !== innerWidth) this.#drawAll();
      width = innerWidth;
    });
    this.#pause.addEventListener("click", () => this.#setPaused(!this.paused));
    this.#list.addEventListener("click", (event) => {
      const row = event.target instanceof Element ? event.target.closest("button") : null;
      if (row) this.#open(Number(row.dataset.number));
    });
    this.#list.addEventListener("keydown", (event) => this.#walk(event));
  }

  get paused() {
    return this.#pause.getAttribute("aria-pressed") === "true";
  }

  /** @param {Snapshot} snapshot */
  begin({ devices, monitor, entries }) {
    this.#entries = [];
    this.#coming = [];
    if (this.paused) this.#setPaused(false);
    this.#clients = [...devices.map(({ clientId }) => clientId), monitor];
    for (const entry of entries) this.#keep(entry);
    this.#listClients();
    this.#drawAll();
  }

  /** @param {WireEntry} entry */
  add(entry) {
    const known = this.#clients.length;
    this.#keep(entry);
    if (this.#clients.length > known) {
      this.#listClients();
      if (!this.paused) this.#drawAll();
      return;
    }
    if (this.paused) {
      this.#say();
      return;
    }
    if (!this.#matches(entry)) return;
    // Many packets may come between two pictures on the screen, and a hidden page has no pictures.
    if (this.#coming.push(entry) > SHOWN) this.#coming.shift();
    this.#frame ||= requestAnimationFrame(() => this.#drawComing());
  }

  /** @param {string} clientId */
  showOnly(clientId) {
    this.#clientFilter.value = clientId;
    this.#drawAll();
    this.#clientFilter.focus();
  }

  /** @param {WireEntry} entry */
  #keep(entry) {
    this.#entries.push(entry);
    if (this.#entries.length > KEPT * 1.1) this.#entries = this.#entries.slice(-KEPT);
    if (!this.#clients.includes(entry.client) && this.#clients.length < NAMES) {
      this.#clients.push(entry.client);
    }
  }

  /** @param {WireEntry} entry */
  #matches({ client, type }) {
    const wanted = this.#typeFilter.value;
    return (
      (this.#clientFilter.value === "" || this.#clientFilter.value === client) &&
      (wanted === "" || wanted.split(",").includes(type ?? "closed"))
    );
  }

  #listClients() {
    const chosen = this.#clientFilter.value;
    this.#clientFilter.replaceChildren(
      element("option", { value: "" }, "all"),
      ...this.#clients.map((name) => element("option", { value: name }, name)),
    );
    this.#clientFilter.value = this.#clients.includes(chosen) ? chosen : "";
  }

  #drawAll() {
    this.#coming = [];
    const only = this.#clientFilter.value;
    this.#lanes.draw(only === "" ? this.#clients : [only]);
    const shown = (this.#frozen ?? this.#entries)
      .filter((entry) => this.#matches(entry))
      .slice(-SHOWN);
    this.#list.replaceChildren(...shown.map((entry) => this.#row(entry)));
    this.#settle();
    this.#list.scrollTop = this.#list.scrollHeight;
    this.#say();
  }

  #drawComing() {
    this.#frame = 0;
    const { scrollTop, scrollHeight, clientHeight } = this.#list;
    const atEnd = scrollHeight - scrollTop - clientHeight < 40;
    const reading = this.#isRead();
    this.#list.append(...this.#coming.splice(0).map((entry) => this.#row(entry)));
    // What somebody reads stays for longer, yet not for ever.
    const most = reading ? KEPT : SHOWN;
    while (this.#list.children.length > most) this.#list.firstElementChild?.remove();
    this.#settle();
    if (atEnd && !reading) this.#list.scrollTop = this.#list.scrollHeight;
    this.#say();
  }

  /** @param {WireEntry} entry */
  #row({ number, at, client, type, direction, words, size }) {
    const who =
      direction === null
        ? client
        : direction === "to-broker"
          ? `${client} → broker`
          : `broker → ${client}`;
    const parts = [
      element("span", { class: "time" }, at.toFixed(2)),
      this.#lanes.arrow(client, direction),
      element("span", { class: "who" }, `${who} `),
      element("span", { class: "words" }, words),
      element("span", { class: "size" }, size > 0 ? ` ${size} B` : ""),
    ];
    const kind = direction === null ? "closed" : (type ?? "garbage");
    return direction === null
      ? element("li", { class: `entry ${kind}` }, element("div", { class: "row" }, ...parts))
      : element(
          "li",
          { class: `entry ${kind}` },
          element(
            "button",
            { class: "row", type: "button", tabindex: "-1", "data-number": String(number) },
            ...parts,
          ),
        );
  }

  /** The list is one stop for the Tab key: the last row, or the one that was gone to. */
  #settle() {
    if (this.#list.contains(document.activeElement)) return;
    for (const row of this.#list.querySelectorAll('button[tabindex="0"]')) {
      row.setAttribute("tabindex", "-1");
    }
    [...this.#list.querySelectorAll("button")].at(-1)?.setAttribute("tabindex", "0");
  }

  /** @param {KeyboardEvent} event */
  #walk(event) {
    const rows = [...this.#list.querySelectorAll("button")];
    const at = rows.findIndex((row) => row.matches(":focus"));
    const last = rows.length - 1;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last }[event.key];
    if (to === undefined || at === -1) return;
    event.preventDefault();
    const row = rows[Math.min(Math.max(to, 0), last)];
    rows[at]?.setAttribute("tabindex", "-1");
    row?.setAttribute("tabindex", "0");
    row?.focus();
  }

  /** Somebody stands on a row, or has opened one. */
  #isRead() {
    return this.#list.contains(document.activeElement) || document.querySelector("dialog[open]");
  }

  /** @param {boolean} paused */
  #setPaused(paused) {
    this.#pause.setAttribute("aria-pressed", String(paused));
    this.#pause.textContent = paused ? "Go on" : "Pause";
    if (paused) this.#drawComing();
    this.#frozen = paused ? [...this.#entries] : undefined;
    if (paused) this.#say();
    else this.#drawAll();
  }

  #say() {
    const shown = this.#list.children.length;
    const all = this.#entries.at(-1)?.number ?? 0;
    this.#note.textContent = this.#frozen
      ? `Paused. ${all - (this.#frozen.at(-1)?.number ?? 0)} more since.`
      : `The last ${shown} that match, of ${all} in all.`;
  }
}
