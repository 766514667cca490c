/** @import { FleetEvent, Snapshot } from "../shapes.ts" */
import { Devices } from "./devices.js";
import { byId } from "./element.js";
import { PacketView } from "./packet.js";
import { Wire } from "./wire.js";

// The page shows what the server tells it, and asks for the rest: no state of its own is worth keeping.

const connection = byId("connection", HTMLParagraphElement);
const packetView = new PacketView();
const wire = new Wire((number) => packetView.open(number));
const devices = new Devices((clientId) => wire.showOnly(clientId));

const events = new EventSource("/events");

events.addEventListener("snapshot", ({ data }) => {
  /** @type {Snapshot} */
  const snapshot = JSON.parse(data);
  const { broker, seed, tapUrl } = snapshot;
  const count = snapshot.devices.length;
  byId("about", HTMLParagraphElement).textContent =
    `${count} ${count === 1 ? "device" : "devices"} on ${broker}, seed ${seed}. ` +
    `Programs of your own are seen here, too, when they connect to ${tapUrl}`;
  sayLinked(snapshot.linked);
  devices.begin(snapshot.devices);
  wire.begin(snapshot);
});

for (const name of ["device", "entry", "linked"]) {
  events.addEventListener(name, ({ data }) => {
    /** @type {FleetEvent} */
    const event = JSON.parse(data);
    if (event.event === "device") devices.show(event.device);
    else if (event.event === "entry") wire.add(event.entry);
    else sayLinked(event.linked);
  });
}

events.addEventListener("error", () => {
  connection.textContent =
    "The fleet does not answer. If you have ended it, start it again: npm run fleet";
});

/** @param {boolean} linked */
function sayLinked(linked) {
  connection.textContent = linked
    ? ""
    : "The monitor has lost its line to the broker. What you see of the devices is what it heard last.";
}
