import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { EnvironmentProblem } from "../environment-problem.ts";
import { baseStyle } from "../page-style.ts";
import { diagnoseError } from "../troubles/from-error.ts";
import { streamEvents } from "./event-stream.ts";
import { type Action, actions, type Fleet } from "./fleet.ts";
import { refusal, secure } from "./guard.ts";

/** The page of a fleet, on loopback. */
export interface FleetServer {
  /** e.g. `http://127.0.0.1:8080` */
  readonly url: string;
  close(): Promise<void>;
}

const types = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
} as const;

/** What the page is made of, by the path under which it is asked for. */
const files: Readonly<Record<string, { type: keyof typeof types; file: string }>> = {
  "/": { type: "html", file: "index.html" },
  "/page.css": { type: "css", file: "page.css" },
  "/icon.svg": { type: "svg", file: "icon.svg" },
  "/page.js": { type: "js", file: "page.js" },
  "/devices.js": { type: "js", file: "devices.js" },
  "/wire.js": { type: "js", file: "wire.js" },
  "/lanes.js": { type: "js", file: "lanes.js" },
  "/packet.js": { type: "js", file: "packet.js" },
  "/element.js": { type: "js", file: "element.js" },
};

/**
 * Serve the page of a fleet on 127.0.0.1, with its events and actions.
 *
 * @param port 0 takes a free one
 * @throws EnvironmentProblem when the port is taken
 */
export async function serveFleet(fleet: Fleet, port: number): Promise<FleetServer> {
  const server = createServer((request, response) => {
    secure(response);
    const refused = refusal(request, portOf());
    if (refused) answer(response, 403, refused);
    else {
      route(fleet, request, response).catch((error: unknown) => {
        answer(response, 500, error instanceof Error ? error.message : String(error));
      });
    }
  });
  const portOf = () => {
    const address = server.address();
    return typeof address === "object" ? (address?.port ?? 0) : 0;
  };

  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const trouble = diagnoseError(error);
      reject(
        new EnvironmentProblem(
          `the page cannot have port ${port} of 127.0.0.1: ${trouble?.cause ?? error.message}`,
          "npm run fleet -- --port 0 takes a free one",
          { cause: error },
        ),
      );
    });
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${portOf()}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        // A page's stream of events has no end of its own.
        server.closeAllConnections();
      }),
  };
}

async function route(fleet: Fleet, request: IncomingMessage, response: ServerResponse) {
  const { method, url = "/" } = request;
  const [pathname = "/"] = url.split("?");
  const file = Object.hasOwn(files, pathname) ? files[pathname] : undefined;
  const [, packet] = /^\/packets\/(\d{1,12})$/.exec(pathname) ?? [];
  const [, id, action] = /^\/devices\/([\w-]{1,80})\/(\w+)$/.exec(pathname) ?? [];

  if (method === "GET" && file) {
    const text = readFileSync(new URL(`page/${file.file}`, import.meta.url), "utf8");
    response.writeHead(200, { "Content-Type": types[file.type] });
    response.end(file.type === "css" ? `${baseStyle}\n${text}` : text);
  } else if (method === "GET" && pathname === "/events") {
    streamEvents(fleet, response);
  } else if (method === "GET" && packet) {
    const details = fleet.details(Number(packet));
    if (details) answerJson(response, 200, details);
    else answer(response, 404, "This packet is not kept any more.");
  } else if (method === "POST" && id && isAction(action)) {
    const outcome = await fleet.act(id, action);
    if (outcome) answerJson(response, outcome.done ? 200 : 409, outcome);
    else answer(response, 404, `There is no device ${id}.`);
  } else {
    answer(response, 404, "There is nothing here. The page is at /");
  }
}

function isAction(text: string | undefined): text is Action {
  return actions.some((action) => action === text);
}

function answer(response: ServerResponse, status: number, words: string): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" });
  response.end(`${words}\n`);
}

function answerJson(response: ServerResponse, status: number, data: object): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(data));
}
