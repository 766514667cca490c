/** Where a broker comes from. `WORKBOOK_BROKER` forces one of the last three. */
export const brokerKinds = ["url", "docker", "native", "embedded"] as const;
export type BrokerKind = (typeof brokerKinds)[number];

/** A running broker that the workbook found or started. */
export interface Broker {
  readonly kind: BrokerKind;
  /** For people: what it is and where from, e.g. `Mosquitto 2.0.11 in Docker (local/mosquitto:debian12)`. */
  readonly name: string;
  /** Always on loopback, unless it came from `MQTT_URL`. e.g. `mqtt://127.0.0.1:41883` */
  readonly url: string;
  /** Ends what was started, and only that. May be called more than once. */
  stop(): Promise<void>;
}
