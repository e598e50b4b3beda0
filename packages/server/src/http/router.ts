import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { pathOf, splitTarget } from "../gateway/upgrade.ts";
import { rejectUpgrade } from "./reject-upgrade.ts";

/** A request as handlers get it. */
export interface HttpRequest {
  /** Path and query, such as `/healthz?pretty`. */
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
}

/** What a handler answers. */
export interface HttpResponse {
  readonly status: number;
  /** Headers besides the length and those that every answer has; they win over the latter. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** Answers a request. An error that it throws is answered with 500, which shows nothing of it. */
export type HttpHandler = (request: HttpRequest) => HttpResponse | Promise<HttpResponse>;

/** Accepts an upgrade, or rejects it; the socket is the handler's from then on. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** What a path offers. */
export interface Route {
  /** By method. HEAD is answered like GET, without the body. */
  readonly methods?: { readonly [method in "GET"]?: HttpHandler };
  /** Accepts websockets. */
  readonly upgrade?: UpgradeHandler;
}

/**
 * On every answer: no page may guess another type, frame it, or run anything in it. The gateway's
 * answers are data; a route that serves a page sets its own policy.
 */
const HEADERS = {
  "Content-Type": "text/plain; charset=utf-8",
  "X-Content-Type-Options": "nosniff",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cache-Control": "no-store",
};

/** The routes of one port, by path: for websocket upgrades and for everything else. */
export class Router {
  readonly #routes = new Map<string, Route>();

  /**
   * @throws RangeError for a path that has a route.
   */
  add(path: string, route: Route): void {
    if (this.#routes.has(path)) throw new RangeError(`the path ${path} has a route already`);
    this.#routes.set(path, route);
  }

  /** Answers a request that is no upgrade. */
  async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url } = splitTarget(request.url);
    try {
      send(response, await this.#answer(request.method, { url, headers: request.headers }));
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : String(error)); // a bug: it must not be silent
      if (response.headersSent) response.destroy();
      else send(response, FAILED);
    }
  }

  /** Hands an upgrade to the route of its path; rejects it with 404 where there is none. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { host, url } = splitTarget(request.url);
    request.url = url;
    if (host !== undefined) request.headers.host = host;
    const { upgrade } = this.#routes.get(pathOf(url)) ?? {};
    if (upgrade === undefined) rejectUpgrade(socket, { status: 404 });
    else upgrade(request, socket, head);
  }

  #answer(method: string | undefined, request: HttpRequest): HttpResponse | Promise<HttpResponse> {
    const route = this.#routes.get(pathOf(request.url));
    if (route === undefined) return this.#notFound();
    const { methods = {}, upgrade } = route;
    const handler = method === "GET" || method === "HEAD" ? methods.GET : undefined;
    if (handler !== undefined) return handler(request);
    return upgrade === undefined ? METHOD_NOT_ALLOWED : UPGRADE_REQUIRED;
  }

  #notFound(): HttpResponse {
    const paths = [...this.#routes.keys()].join(" ");
    return { status: 404, body: `There is nothing at this path. Paths: ${paths}\n` };
  }
}

/** Source: RFC 9110, section 15.5.22. */
const UPGRADE_REQUIRED: HttpResponse = {
  status: 426,
  headers: { Upgrade: "websocket", Connection: "Upgrade, close" },
  body: "This path accepts websockets: connect with ws:// or wss://.\n",
};

/** Source: RFC 9110, section 15.5.6. */
const METHOD_NOT_ALLOWED: HttpResponse = {
  status: 405,
  headers: { Allow: "GET, HEAD" },
  body: "This path answers GET and HEAD.\n",
};

const FAILED: HttpResponse = { status: 500, body: "The gateway failed.\n" };

function send(response: ServerResponse, { status, headers, body }: HttpResponse): void {
  response.writeHead(status, { ...HEADERS, "Content-Length": Buffer.byteLength(body), ...headers });
  response.end(body); // to HEAD, Node sends no body
}
