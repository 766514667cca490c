/** What every system has to carry, so that their bytes can be compared. */

/** Readings that are sent together. */
export interface Batch {
  /** The sensor, as MQTT would address it, e.g. `sensors/temperature/room1`. */
  readonly topic: string;
  /** What each of the readings says. */
  readonly payload: string;
  /** How many readings. */
  readonly count: number;
  /**
   * The readings come from many sensors, so that each has to say which one it is from. MQTT and RabbitMQ
   * do that anyway. In Kafka the topic then is `sensors` and the sensor is the record's key; in Pub/Sub
   * the topic is `sensors` too, and the sensor an attribute of the message.
   */
  readonly keyed: boolean;
}

/** One temperature of one sensor, as the comparison sends it everywhere. */
export const reading: Batch = {
  topic: "sensors/temperature/room1",
  payload: '{"value":22.5}',
  count: 1,
  keyed: false,
};

/** The client id by which the programs introduce themselves to MQTT and to Kafka. */
export const clientId = "sensor-1";

/** The exchange that routes by patterns, as MQTT's topics do. Every RabbitMQ has it. */
export const exchange = "amq.topic";

/** The name of the attribute in which a Pub/Sub message says which sensor it is from. */
export const sensorAttribute = "sensor";

/** What the topic is called in RabbitMQ: its levels are separated by dots. */
export function routingKey({ topic }: Batch): string {
  return topic.replaceAll("/", ".");
}

/** What the topic is called in Kafka, which takes no slash in a name. */
export function kafkaTopic({ topic, keyed }: Batch): string {
  return keyed ? "sensors" : topic.replaceAll("/", ".");
}

/** What the topic is called in Cloud Pub/Sub, where a name begins with its project. */
export function pubsubTopic(batch: Batch): string {
  return `projects/demo-project/topics/${kafkaTopic(batch)}`;
}

/** The largest AMQP frame that client and server agree on, its 8 bytes of envelope included. */
export const amqpFrame = 131_072;

/** The most that one HTTP/2 DATA frame carries, its 9 bytes of header not included. */
export const http2Frame = 16_384;
