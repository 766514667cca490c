/**
 * Module 5: MQTT beside Kafka, RabbitMQ and Google Cloud Pub/Sub.
 *
 * Comparisons quote numbers. Here they are measured: the real client libraries publish the same reading,
 * a recorder counts every byte, and you work out why it is that many. Then you judge what the systems
 * promise, how they share work, and which one a project needs.
 *
 * The lesson is beside this file: exercises/05-protocol-comparison.md
 */
import {
  amqpFrame,
  type Batch,
  clientId,
  exchange,
  http2Frame,
  kafkaTopic,
  pubsubTopic,
  reading,
  routingKey,
  sensorAttribute,
} from "../workbook/protocols/batch.ts";
import { deliveryOptions, type Guarantee, type Leg } from "../workbook/protocols/delivery.ts";
import type {
  Analyses,
  Crossing,
  Delivery,
  Fit,
  Overhead,
  Prices,
  Report,
  Scaling,
} from "../workbook/protocols/findings.ts";
import {
  type ConnectionCost,
  comparedMeasurement,
  connectionCosts,
  LARGEST,
  type Measurement,
  measureAll,
} from "../workbook/protocols/measure.ts";
import {
  backendNeeds,
  capabilities,
  deviceNeeds,
  type Need,
  type Scenario,
  scenarios,
} from "../workbook/protocols/needs.ts";
import { drawReport } from "../workbook/protocols/report/draw.ts";
import { exampleTeams, type Pattern, patterns, type Teams } from "../workbook/protocols/scaling.ts";
import { forEachSystem, type System, systems } from "../workbook/protocols/systems.ts";
import { runScript } from "../workbook/script.ts";
import { Todo } from "../workbook/todo.ts";

/**
 * How many bytes does each system take to carry this batch? The lesson shows how their messages are
 * built. Text counts in bytes, not in characters; no payload is empty.
 *
 * - MQTT 5, QoS 1, no properties, no alias: one PUBLISH for each reading, its length in as few bytes as
 *   will do [MQTT-1.5.5-1]
 * - RabbitMQ: for each reading a method frame (`exchange`, `routingKey(batch)`), a header frame with an
 *   empty table of headers, and the body in frames of at most `amqpFrame` bytes
 * - Kafka: one Produce request of `clientId`, to one partition of `kafkaTopic(batch)`, with one record
 *   batch. A keyed record's key is the batch's topic
 * - Pub/Sub: one PublishRequest to `pubsubTopic(batch)`, behind a HEADERS frame (`costs.pubsub.headers`)
 *   and in DATA frames of at most `http2Frame` bytes. A keyed message has one attribute, whose name is
 *   `sensorAttribute` and whose value is the batch's topic
 *
 * @param costs what was measured of the connections
 */
export function analyzeOverhead(
  batch: Batch,
  costs: Readonly<Record<System, ConnectionCost>>,
): Record<System, Overhead> {
  throw new Todo("analyzeOverhead");
}

/**
 * What may a message expect on this path? Each leg is a system between a publisher and a receiver; the
 * receiver of one leg is the publisher of the next. Such a bridge hands a message on first and
 * acknowledges it then, so if it dies in between, the message comes again.
 *
 * A guarantee is made of two questions: may the message get lost, may it come twice? Both may happen:
 * that is `none`. An idempotent receiver at the end takes what comes twice for one, as in module 2.
 */
export function analyzeDeliveryGuarantees(
  path: readonly Leg[],
  idempotentReceiver: boolean,
): Delivery {
  throw new Todo("analyzeDeliveryGuarantees");
}

/**
 * What becomes of the messages when teams of workers receive in this way? The lesson has the rules.
 *
 * A sensor's id is the key of its messages, where there are keys: for Kafka's partitions, and as Pub/Sub's
 * ordering key. `partitions` counts for Kafka alone. The newcomer is one worker more in one of the teams.
 */
export function analyzeScalabilityPatterns(pattern: Pattern, teams: Teams): Scaling {
  throw new Todo("analyzeScalabilityPatterns");
}

/**
 * Which system suits this scenario? `capabilities` says what each of them can do.
 *
 * The needs that a system may fail, under these names: its largest `payload` is too small; the bytes of
 * a day are over the `data plan`; it cannot `replay` as far back; workers cannot share the readings in
 * `order`; there are more devices than it has inboxes for `offline` commands, or those wait too long; it
 * does not run `on premises`. The bytes of a day: a device connects so many times, and sends its readings
 * in batches of one sensor, not keyed (`reading.topic`, a payload of so many letters).
 *
 * The ranking: the fewer needs a system fails, the better; among equals, the fewer bytes a day.
 *
 * Where every system fails something, look for a combination: of those that fail none of `deviceNeeds`,
 * the one with the fewest bytes a day; of those that fail none of `backendNeeds`, the one that takes the
 * fewest bytes for a keyed batch of 100 readings, which is how a bridge sends. No combination where
 * either is missing.
 */
export function analyzeUseCaseFit(scenario: Scenario, prices: Prices): Fit {
  throw new Todo("analyzeUseCaseFit");
}

/**
 * Put together all that was measured and judged, and have it drawn with `drawReport`.
 *
 * The findings are: the measurements; the `overhead` of `reading`, with `connectionCosts(measurements)`;
 * the guarantee of the hop that each of the `deliveryOptions` is about; the scaling of each of the
 * `patterns` for `exampleTeams`; the fit of each of the `scenarios`, at the prices that `analyzeOverhead`
 * and the measurements say; and the crossings.
 *
 * A crossing: of two systems one is cheaper (or equal) for a single reading, and the other cheaper from
 * some size of batch up to the largest, keyed or not. Find them all in the batches of
 * `comparedMeasurement(measurements, system)`, by the bytes to publish. Call the functions that are handed
 * in, not your own.
 */
export function generateComparisonReport(
  measurements: readonly Measurement[],
  analyses: Analyses,
): Report {
  throw new Todo("generateComparisonReport");
}

/** The whole comparison, measured on this machine against the built-in fakes. */
export async function main(): Promise<void> {
  const measurements = await measureAll();
  const report = generateComparisonReport(measurements, {
    analyzeOverhead,
    analyzeDeliveryGuarantees,
    analyzeScalabilityPatterns,
    analyzeUseCaseFit,
  });
  console.log(`\n${report.terminal}`);
  console.log("\nnpm run compare saves this as a page with charts: comparison.html");
}

await runScript(import.meta.url, main);
