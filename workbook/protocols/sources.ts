/** Where a stated fact can be read. */
export interface Source {
  readonly title: string;
  /** Of the software or the document; what is said instead by documents that have none. */
  readonly version: string;
  readonly year: number;
  readonly url: string;
}

export const sources = {
  mqtt5: {
    title: "MQTT Version 5.0, OASIS Standard",
    version: "5.0",
    year: 2019,
    url: "https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html",
  },
  iso20922: {
    title: "ISO/IEC 20922, Message Queuing Telemetry Transport (MQTT) v3.1.1",
    version: "3.1.1",
    year: 2016,
    url: "https://www.iso.org/standard/69466.html",
  },
  amqp091: {
    title: "AMQP, Advanced Message Queuing Protocol, Protocol Specification",
    version: "0-9-1",
    year: 2008,
    url: "https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf",
  },
  iso19464: {
    title: "ISO/IEC 19464, Advanced Message Queuing Protocol (AMQP) v1.0",
    version: "1.0",
    year: 2014,
    url: "https://www.iso.org/standard/64955.html",
  },
  rabbitConfirms: {
    title: "RabbitMQ, Consumer Acknowledgements and Publisher Confirms",
    version: "4.0",
    year: 2024,
    url: "https://www.rabbitmq.com/docs/4.0/confirms",
  },
  rabbitConsumers: {
    title: "RabbitMQ, Consumers",
    version: "4.0",
    year: 2024,
    url: "https://www.rabbitmq.com/docs/4.0/consumers",
  },
  rabbitQueues: {
    title: "RabbitMQ, Queues",
    version: "4.0",
    year: 2024,
    url: "https://www.rabbitmq.com/docs/4.0/queues",
  },
  rabbitStreams: {
    title: "RabbitMQ, Streams and Super Streams",
    version: "4.0",
    year: 2024,
    url: "https://www.rabbitmq.com/docs/4.0/streams",
  },
  rabbitMqtt: {
    title: "RabbitMQ, MQTT Plugin",
    version: "4.0",
    year: 2024,
    url: "https://www.rabbitmq.com/docs/4.0/mqtt",
  },
  rabbit40: {
    title: "RabbitMQ 4.0 Release Notes",
    version: "4.0",
    year: 2024,
    url: "https://github.com/rabbitmq/rabbitmq-server/releases/tag/v4.0.1",
  },
  kafkaDesign: {
    title: "Apache Kafka Documentation, Design",
    version: "4.0",
    year: 2025,
    url: "https://kafka.apache.org/40/documentation.html#design",
  },
  kafkaConfiguration: {
    title: "Apache Kafka Documentation, Configuration",
    version: "4.0",
    year: 2025,
    url: "https://kafka.apache.org/40/documentation.html#configuration",
  },
  kafkaUpgrade: {
    title: "Apache Kafka 4.0 Release Announcement",
    version: "4.0",
    year: 2025,
    url: "https://kafka.apache.org/blog#apache_kafka_400_release_announcement",
  },
  kip98: {
    title: "KIP-98, Exactly Once Delivery and Transactional Messaging",
    version: "in Kafka since 0.11",
    year: 2017,
    url: "https://cwiki.apache.org/confluence/display/KAFKA/KIP-98+-+Exactly+Once+Delivery+and+Transactional+Messaging",
  },
  kip932: {
    title: "KIP-932, Queues for Kafka",
    version: "production-ready in Kafka 4.2",
    year: 2026,
    url: "https://cwiki.apache.org/confluence/display/KAFKA/KIP-932%3A+Queues+for+Kafka",
  },
  pubsubExactlyOnce: {
    title: "Google Cloud Pub/Sub, Exactly-once delivery",
    version: "undated, as of 2025",
    year: 2025,
    url: "https://cloud.google.com/pubsub/docs/exactly-once-delivery",
  },
  pubsubOrdering: {
    title: "Google Cloud Pub/Sub, Order messages",
    version: "undated, as of 2025",
    year: 2025,
    url: "https://cloud.google.com/pubsub/docs/ordering",
  },
  pubsubReplay: {
    title: "Google Cloud Pub/Sub, Replay and purge messages with seek",
    version: "undated, as of 2025",
    year: 2025,
    url: "https://cloud.google.com/pubsub/docs/replay-overview",
  },
  pubsubQuotas: {
    title: "Google Cloud Pub/Sub, Quotas and limits",
    version: "undated, as of 2025",
    year: 2025,
    url: "https://cloud.google.com/pubsub/quotas",
  },
  pubsubSubscribers: {
    title: "Google Cloud Pub/Sub, Subscription overview",
    version: "undated, as of 2025",
    year: 2025,
    url: "https://cloud.google.com/pubsub/docs/subscription-overview",
  },
  iotCore: {
    title: "Google Cloud IoT Core, retirement announcement",
    version: "retired on 2023-08-16",
    year: 2023,
    url: "https://cloud.google.com/iot-core",
  },
} as const satisfies Record<string, Source>;

/** Something stated that was not measured. */
export interface Fact {
  readonly text: string;
  readonly source: Source;
}
