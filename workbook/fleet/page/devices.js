/** @import { DeviceState, Outcome } from "../shapes.ts" */
import { byId, element } from "./element.js";

/** What can be done with a device: the words on the button, and the action that the server knows. */
const buttons = /** @type {const} */ ([
  ["Cut line", "cut"],
  ["Stop", "stop"],
  ["Command", "command"],
  ["QoS 2", "message"],
]);

/** The cards of the devices. */
export class Devices {
  #list = byId("devices", HTMLUListElement);
  #said = byId("said", HTMLParagraphElement);
  /** @type {Map<string, Card>} */
  #cards = new Map();
  #showOnly;

  /** @param {(clientId: string) => void} showOnly show only this client's packets */
  constructor(showOnly) {
    this.#showOnly = showOnly;
  }

  /** @param {readonly DeviceState[]} devices */
  begin(devices) {
    this.#cards = new Map(devices.map((device) => [device.id, new Card(device, this.#showOnly)]));
    this.#list.replaceChildren(...[...this.#cards.values()].map(({ item }) => item));
  }

  /** @param {DeviceState} device */
  show(device) {
    const card = this.#cards.get(device.id);
    const news = card?.show(device);
    // Readings come all the time: only a change of state is worth a word.
    if (news) this.#said.textContent = `${device.id}: ${news}`;
  }
}

/** One device. */
class Card {
  item;
  #state = element("p", { class: "state" });
  #value = element("strong");
  #spark;
  #answer = element("p", { class: "answer", role: "status" });
  #switch;
  /** @type {DeviceState} */
  #device;

  /**
   * @param {DeviceState} device
   * @param {(clientId: string) => void} showOnly
   */
  constructor(device, showOnly) {
    this.#device = device;
    const { id, clientId, kind } = device;
    this.#spark = new Spark();
    const made = buttons.map(([words, action]) => {
      const button = element("button", { type: "button", "aria-label": `${words}: ${id}` }, words);
      button.addEventListener("click", () => this.#ask(action));
      return { action, button };
    });
    this.#switch = made.find(({ action }) => action === "stop")?.button;
    const wire = element("button", { type: "button", "aria-label": `Wire: only ${id}` }, "Wire");
    wire.addEventListener("click", () => showOnly(clientId));
    this.item = element(
      "li",
      { class: "card", "data-id": id },
      element("div", { class: "pair" }, element("h3", {}, id), this.#state),
      element(
        "div",
        { class: "pair" },
        element("p", { class: "reading" }, `${kind} `, this.#value),
        this.#spark.picture,
      ),
      element("div", { class: "actions" }, ...made.map(({ button }) => button), wire),
      this.#answer,
    );
    this.show(device);
  }

  /**
   * @param {DeviceState} device
   * @returns {string | undefined} what to say of it, if its state has changed
   */
  show(device) {
    this.#device = device;
    const { values, unit, running, id } = device;
    const latest = values.at(-1);
    this.#value.textContent = latest === undefined ? "none yet" : `${latest} ${unit}`;
    this.#spark.draw(values);
    if (this.#switch) {
      const words = running ? "Stop" : "Start";
      this.#switch.textContent = words;
      this.#switch.setAttribute("aria-label", `${words}: ${id}`);
    }
    const words = stateInWords(device);
    if (words === this.#state.textContent) return undefined;
    const before = this.#state.textContent;
    this.#state.textContent = words;
    this.item.setAttribute("data-state", stateOf(device));
    return before === "" ? undefined : words;
  }

  /** @param {string} action */
  async #ask(action) {
    const wanted = action === "stop" && !this.#device.running ? "start" : action;
    this.#answer.textContent = "…";
    this.#answer.textContent = await ask(`/devices/${this.#device.id}/${wanted}`);
  }
}

/**
 * @param {string} path
 * @returns {Promise<string>} what came of it, in words
 */
async function ask(path) {
  try {
    const response = await fetch(path, { method: "POST" });
    if (!response.headers.get("content-type")?.startsWith("application/json")) {
      return await response.text();
    }
    /** @type {Outcome} */
    const { words } = await response.json();
    return words;
  } catch {
    return "The fleet does not answer.";
  }
}

/** @param {DeviceState} device */
function stateOf({ status, by }) {
  return status === "offline" ? `offline-by-${by}` : status;
}

/** @param {DeviceState} device */
function stateInWords({ status, by }) {
  if (status === "unknown") return "not heard of yet";
  if (status === "online") return "online";
  return by === "will" ? "offline, by its will" : "offline, by its own word";
}

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 120;
const HEIGHT = 28;

/** The last readings as a line. The latest stands beside it in words. */
class Spark {
  picture = document.createElementNS(SVG, "svg");
  #line = document.createElementNS(SVG, "polyline");
  #dot = document.createElementNS(SVG, "circle");

  constructor() {
    this.picture.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    this.picture.setAttribute("aria-hidden", "true");
    this.picture.setAttribute("class", "spark");
    this.#dot.setAttribute("r", "2");
    this.picture.append(this.#line, this.#dot);
  }

  /** @param {readonly number[]} values */
  draw(values) {
    const low = Math.min(...values);
    const span = Math.max(...values) - low || 1;
    const step = (WIDTH - 6) / Math.max(values.length - 1, 1);
    const points = values.map((value, index) => {
      const y = HEIGHT - 4 - ((value - low) / span) * (HEIGHT - 8);
      return `${(3 + index * step).toFixed(1)},${y.toFixed(1)}`;
    });
    this.#line.setAttribute("points", points.join(" "));
    const [x = "-9", y = "-9"] = points.at(-1)?.split(",") ?? [];
    this.#dot.setAttribute("cx", x);
    this.#dot.setAttribute("cy", y);
  }
}
