/** @import { PacketDetails, WireEntry } from "../shapes.ts" */
import { byId, element } from "./element.js";

/** One packet, byte by byte. */
export class PacketView {
  #dialog = byId("packet", HTMLDialogElement);
  #title = byId("packet-title", HTMLHeadingElement);
  #body = byId("packet-body", HTMLDivElement);
  #number = 0;

  constructor() {
    byId("close", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
    // The row that was opened may be gone: the next best is where the Tab key enters the list.
    this.#dialog.addEventListener("close", () => {
      const row = document.querySelector("#entries button[tabindex='0']");
      if (document.activeElement === document.body && row instanceof HTMLElement) row.focus();
    });
    byId("previous", HTMLButtonElement).addEventListener("click", () => this.#step(-1));
    byId("next", HTMLButtonElement).addEventListener("click", () => this.#step(1));
  }

  /** @param {number} number of the packet on the wire */
  async open(number) {
    const response = await fetch(`/packets/${number}`).catch(() => undefined);
    if (response?.ok) {
      /** @type {PacketDetails} */
      const details = await response.json();
      this.#number = number;
      this.#draw(details);
    } else {
      this.#title.textContent = `Packet ${number}`;
      const words = response ? await response.text() : "The fleet does not answer.";
      this.#body.replaceChildren(element("p", {}, words));
    }
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#title.focus();
    this.#dialog.scrollTop = 0;
  }

  /**
   * To the packet before or after this one, of those that the wire shows.
   *
   * @param {1 | -1} by
   */
  #step(by) {
    const rows = [
      .../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("#entries button")),
    ];
    const numbers = rows.map((row) => Number(row.dataset.number));
    const to =
      by === 1
        ? numbers.find((number) => number > this.#number)
        : numbers.findLast((number) => number < this.#number);
    if (to !== undefined) this.open(to);
  }

  /** @param {PacketDetails} details */
  #draw({ entry, hex, hidden, parts, flow }) {
    this.#title.textContent = entry.words;
    const bytes = element("div", {
      class: "bytes",
      "aria-label": "The bytes, in hex",
      role: "group",
    });
    const rows = parts.map((part, index) => {
      const own = hex.slice(part.offset, part.offset + part.length);
      if (own.length > 0) {
        bytes.append(
          element("span", { class: "part", "data-part": String(index) }, own.join(" ")),
          " ",
        );
      }
      return this.#row(part, index, own);
    });
    if (hidden > 0) bytes.append(`and ${hidden} more`);
    const table = element(
      "table",
      {},
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          ...["Bytes", "What it is", "Value", "What that says"].map((words) =>
            element("th", { scope: "col" }, words),
          ),
        ),
      ),
      element("tbody", {}, ...rows),
    );
    this.#body.replaceChildren(
      element("p", {}, whoAndWhen(entry)),
      ...(flow.length > 1 ? [this.#flow(flow, entry)] : []),
      bytes,
      table,
      element("p", { class: "note" }, "Sections are those of the MQTT 5.0 specification."),
    );
    this.#light(bytes, table);
  }

  /**
   * @param {PacketDetails["parts"][number]} part
   * @param {number} index
   * @param {readonly string[]} own its bytes in hex
   */
  #row({ offset, length, name, value, meaning, section, bits = [] }, index, own) {
    const last = offset + length - 1;
    const range = length === 1 ? `${offset}` : `${offset} to ${last}`;
    const list = bits.map((bit) =>
      element(
        "li",
        {},
        element(
          "span",
          { class: "bit" },
          bit.bits.includes("-") ? `bits ${bit.bits}` : `bit ${bit.bits}`,
        ),
        element("span", {}, ` ${bit.name} ${bit.value}: ${bit.meaning}`),
      ),
    );
    const shown = own.slice(0, 8).join(" ");
    return element(
      "tr",
      { "data-part": String(index), class: name === "undecodable" ? "undecodable" : "decoded" },
      element(
        "td",
        { class: "range" },
        element("span", {}, range),
        element("code", {}, ` ${shown}${length > 8 ? " …" : ""}`),
      ),
      element("th", { scope: "row" }, name),
      element("td", { class: "value" }, value),
      element(
        "td",
        {},
        meaning,
        ...(section ? [element("span", { class: "section" }, ` section ${section}`)] : []),
        ...(list.length > 0 ? [element("ul", {}, ...list)] : []),
      ),
    );
  }

  /**
   * @param {readonly WireEntry[]} flow
   * @param {WireEntry} open
   */
  #flow(flow, open) {
    const steps = flow.map((entry) => {
      const words = entry.type?.toUpperCase() ?? "";
      const arrow = entry.direction === "to-broker" ? "→ broker" : `→ ${entry.client}`;
      if (entry.number === open.number) {
        return element("li", { "aria-current": "step" }, `${words} ${arrow}`);
      }
      const button = element("button", { type: "button" }, `${words} ${arrow}`);
      button.addEventListener("click", () => this.open(entry.number));
      return element("li", {}, button);
    });
    return element("ol", { class: "flow", "aria-label": "Its flow" }, ...steps);
  }

  /**
   * Bytes and the line about them show that they belong together.
   *
   * @param {HTMLElement} bytes
   * @param {HTMLElement} table
   */
  #light(bytes, table) {
    /** @param {Event} event */
    const light = ({ target }) => {
      const part = target instanceof Element ? target.closest("[data-part]") : null;
      const wanted = part?.getAttribute("data-part");
      for (const one of this.#body.querySelectorAll("[data-part]")) {
        one.classList.toggle("lit", one.getAttribute("data-part") === wanted);
      }
    };
    for (const place of [bytes, table]) place.addEventListener("pointerover", light);
  }
}

/** @param {WireEntry} entry */
function whoAndWhen({ at, client, direction, size }) {
  const [from, to] = direction === "to-broker" ? [client, "the broker"] : ["the broker", client];
  return `From ${from} to ${to}, ${size} B, ${at.toFixed(3)} s after the fleet began.`;
}
