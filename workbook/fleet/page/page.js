/** @import { DeviceState, Snapshot, WireEntry } from "../shapes.ts" */
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
  connection.textContent = "";
  devices.begin(snapshot.devices);
  wire.begin(snapshot);
});

events.addEventListener("device", ({ data }) => {
  /** @type {DeviceState} */
  const device = JSON.parse(data);
  devices.show(device);
});

events.addEventListener("entry", ({ data }) => {
  /** @type {WireEntry} */
  const entry = JSON.parse(data);
  wire.add(entry);
});

events.addEventListener("error", () => {
  connection.textContent =
    "The fleet does not answer. If you have ended it, start it again: npm run fleet";
});
