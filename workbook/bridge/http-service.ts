import { Readable } from "node:stream";
import swagger from "@fastify/swagger";
import type { JsonSchemaToTsProvider } from "@fastify/type-provider-json-schema-to-ts";
import fastify, { type FastifyReply } from "fastify";
import { type Command, type Store, StoreBusy, type StoredReading } from "./store.ts";

/** A command as it is asked for by HTTP. Its form has been checked, its device has not. */
export interface CommandRequest {
  readonly deviceId: string;
  /** The header Idempotency-Key. */
  readonly key: string;
  readonly text: string;
}

/** What is answered to that. */
export type CommandAnswer =
  | { readonly status: 202; readonly location: string; readonly command: Command }
  | { readonly status: 400 | 422; readonly problem: string };

/** One answer's worth of readings. */
export interface ReadingsPage {
  readonly readings: readonly StoredReading[];
  /** For `since` of the next request. */
  readonly next: number;
}

/** What the service does not do by itself. */
export interface HttpHandlers {
  acceptCommand(store: Store, request: CommandRequest): Promise<CommandAnswer>;
  readingsPage(store: Store, deviceId: string, since: number, limit: number): Promise<ReadingsPage>;
  streamEvents(
    store: Store,
    lastEventId: number | undefined,
    write: (text: string) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
}

export interface HttpService {
  /** e.g. `http://127.0.0.1:8080` */
  readonly url: string;
  /** Finish the requests that have come, end the streams, take no more. The store stays open. */
  close(): Promise<void>;
}

const text = { type: "string" } as const;

const problem = {
  type: "object",
  properties: { problem: text },
  additionalProperties: false,
  required: ["problem"],
} as const;

const command = {
  type: "object",
  properties: {
    id: text,
    key: text,
    deviceId: text,
    text,
    state: { enum: ["stored", "acknowledged", "refused", "replied"] },
    reason: { type: "string", description: "why the broker refused it" },
    reply: { type: "string", description: "what the device replied" },
  },
  additionalProperties: false,
  required: ["id", "key", "deviceId", "text", "state"],
} as const;

const devices = {
  type: "array",
  items: {
    type: "object",
    properties: { id: text, presence: { enum: ["online", "offline"] } },
    additionalProperties: false,
    required: ["id", "presence"],
  },
} as const;

const reading = {
  type: "object",
  properties: { kind: text, room: text, value: { type: "number" }, unit: text },
  additionalProperties: false,
  required: ["kind", "room", "value", "unit"],
} as const;

const page = {
  type: "object",
  properties: {
    readings: {
      type: "array",
      items: {
        type: "object",
        properties: { place: { type: "integer" }, reading },
        additionalProperties: false,
        required: ["place", "reading"],
      },
    },
    next: { type: "integer", description: "since, for the next request" },
  },
  additionalProperties: false,
  required: ["readings", "next"],
} as const;

/** In the path. */
const deviceId = {
  type: "object",
  properties: { deviceId: text },
  additionalProperties: false,
  required: ["deviceId"],
} as const;

/**
 * Start the HTTP service on loopback. It knows a database and no broker: so it may be restarted, or run
 * four times, and MQTT does not notice.
 *
 * @param onFailure called with what a handler throws and should not: the client gets a 500 for it
 */
export async function openHttpService(
  store: Store,
  handlers: HttpHandlers,
  onFailure: (error: Error) => void,
): Promise<HttpService> {
  const server = fastify({
    forceCloseConnections: true,
  }).withTypeProvider<JsonSchemaToTsProvider>();
  const closing = new AbortController();
  await server.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Devices over HTTP", version: "1.0.0" },
    },
  });
  server.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const isBusy = error instanceof StoreBusy;
    const status = isBusy ? 503 : (error.statusCode ?? 500);
    if (isBusy) reply.header("retry-after", "1");
    if (status === 500) onFailure(error);
    reply.code(status).send({ problem: error.message });
  });

  const commandSchema = {
    summary: "Have a device do something",
    params: deviceId,
    headers: {
      type: "object",
      properties: { "idempotency-key": { type: "string", minLength: 1, maxLength: 200 } },
      required: ["idempotency-key"],
    },
    body: {
      type: "object",
      properties: { text: { type: "string", minLength: 1, maxLength: 1000 } },
      additionalProperties: false,
      required: ["text"],
    },
    response: { 202: command, 400: problem, 422: problem, 503: problem },
  } as const;
  server.post("/devices/:deviceId/commands", { schema: commandSchema }, async (request, reply) => {
    const { deviceId } = request.params;
    const key = request.headers["idempotency-key"];
    const { text } = request.body;
    const answer = await handlers.acceptCommand(store, { deviceId, key, text });
    if (answer.status !== 202) return reply.code(answer.status).send({ problem: answer.problem });
    return reply.code(202).header("location", answer.location).send(answer.command);
  });

  const stateSchema = {
    summary: "How far a command has come",
    params: { type: "object", properties: { id: text }, required: ["id"] },
    response: { 200: command, 404: problem, 503: problem },
  } as const;
  server.get("/commands/:id", { schema: stateSchema }, async (request, reply) => {
    const found = await store.command(request.params.id);
    return found ?? reply.code(404).send({ problem: "there is no such command" });
  });

  const devicesSchema = {
    summary: "The devices, and which are online",
    response: { 200: devices, 503: problem },
  } as const;
  server.get("/devices", { schema: devicesSchema }, () => store.devices());

  const readingsSchema = {
    summary: "A device's readings, oldest first",
    params: deviceId,
    querystring: {
      type: "object",
      properties: {
        since: {
          type: "integer",
          minimum: 0,
          default: 0,
          description: "next, of the answer before",
        },
        limit: { type: "integer", minimum: 1, maximum: 500, default: 100 },
      },
    },
    response: { 200: page, 503: problem },
  } as const;
  server.get("/devices/:deviceId/readings", { schema: readingsSchema }, async (request) => {
    const { since, limit } = request.query;
    const { readings, next } = await handlers.readingsPage(
      store,
      request.params.deviceId,
      since,
      limit,
    );
    return { readings: readings.map(({ place, reading }) => ({ place, reading })), next };
  });

  const eventsSchema = {
    summary: "What changes, as server-sent events",
    headers: {
      type: "object",
      properties: { "last-event-id": { type: "integer", minimum: 0 } },
    },
    produces: ["text/event-stream"],
  } as const;
  server.get("/events", { schema: eventsSchema }, (request, reply) => {
    const lastEventId = request.headers["last-event-id"];
    return sendStream(
      reply,
      closing.signal,
      (write, signal) => handlers.streamEvents(store, lastEventId, write, signal),
      onFailure,
    );
  });

  server.get("/openapi.json", { schema: { hide: true } }, () => server.swagger());
  server.addHook("preClose", async () => closing.abort());
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  return { url, close: () => server.close() };
}

/** Answer with what is written, until the reader goes or the service ends. */
function sendStream(
  reply: FastifyReply,
  closing: AbortSignal,
  run: (write: (text: string) => Promise<void>, signal: AbortSignal) => Promise<void>,
  onFailure: (error: Error) => void,
): FastifyReply {
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  const signal = AbortSignal.any([gone.signal, closing]);
  let isRead = () => {};
  const text = new Readable({ read: () => isRead() });
  // Resolves when the reader wants more: who reads slowly must not fill the memory.
  const write = (part: string) =>
    new Promise<void>((resolve) => {
      if (signal.aborted || text.push(part)) return resolve();
      isRead = resolve;
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  run(write, signal).then(
    () => text.push(null),
    (error) => {
      text.destroy(error);
      onFailure(error);
    },
  );
  // Says at once that it has begun, before anything has happened.
  text.push(": hello\n\n");
  return reply
    .header("content-type", "text/event-stream")
    .header("cache-control", "no-cache")
    .send(text);
}
