import { byId, element } from "./element.js";

/** With more clients than this there is no room for a lane each: then the names stand in the lines. */
const MOST = 14;
/** How wide a lane is, in pixels: as much as there is room for, within these. */
const NARROWEST = 22;
const WIDEST = 110;
const ROOM = 250;

/** The lanes of the sequence diagram: one for each client, the broker's in the middle. */
export class Lanes {
  #names = byId("lane-names", HTMLDivElement);
  #wire = byId("wire", HTMLDivElement);
  /** @type {string[]} */
  #columns = [];
  #broker = 0;

  /** @param {readonly string[]} clients */
  draw(clients) {
    const middle = Math.ceil(clients.length / 2);
    this.#broker = middle;
    this.#columns = [...clients.slice(0, middle), "", ...clients.slice(middle)];
    const count = this.#columns.length;
    const width = Math.min(WIDEST, Math.max(NARROWEST, Math.floor(ROOM / count)));
    this.#wire.classList.toggle("listed", clients.length === 0 || clients.length > MOST);
    this.#wire.style.setProperty("--lane", `${width}px`);
    this.#wire.style.setProperty("--lanes", String(count));
    this.#wire.style.setProperty("--broker", String(middle));
    this.#names.replaceChildren(
      ...this.#columns.map((name, index) =>
        element("span", index === middle ? { class: "broker" } : {}, name || "broker"),
      ),
    );
  }

  /**
   * The arrow of a packet, or the end of a line, in its lanes.
   *
   * @param {string} client
   * @param {"to-broker" | "to-client" | null} direction
   */
  arrow(client, direction) {
    const column = this.#columns.indexOf(client);
    const left = column < this.#broker;
    const pointsRight = (direction === "to-broker") === left;
    const looks = direction === null ? "closed" : pointsRight ? "right" : "left";
    const arrow = element("span", { class: `arrow ${looks}` });
    arrow.style.setProperty("--from", String(Math.min(column, this.#broker)));
    arrow.style.setProperty("--span", String(Math.abs(column - this.#broker)));
    if (direction === null) arrow.classList.add(left ? "at-left" : "at-right");
    return element("span", { class: "lanes", "aria-hidden": "true" }, arrow);
  }
}
