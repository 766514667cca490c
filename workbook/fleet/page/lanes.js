import { byId, element } from "./element.js";

/** How wide a lane is, in pixels. Where there is no room for that, the names stand in the lines. */
const NARROWEST = 18;
const WIDEST = 110;
/** How much of the width is for the lanes: the rest is for words. */
const SHARE = 0.38;

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
    const width = Math.min(WIDEST, Math.floor((this.#wire.clientWidth * SHARE) / count));
    this.#wire.classList.toggle("listed", width < NARROWEST);
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
