/** The four systems that module 5 compares, in the order in which every table and chart shows them. */
export const systems = ["mqtt", "rabbitmq", "kafka", "pubsub"] as const;
export type System = (typeof systems)[number];

/** What each is called on the screen. */
export const systemNames: Record<System, string> = {
  mqtt: "MQTT 5",
  rabbitmq: "RabbitMQ",
  kafka: "Kafka",
  pubsub: "Pub/Sub",
};

/** One entry for each system. */
export function forEachSystem<Value>(make: (system: System) => Value): Record<System, Value> {
  return {
    mqtt: make("mqtt"),
    rabbitmq: make("rabbitmq"),
    kafka: make("kafka"),
    pubsub: make("pubsub"),
  };
}
