import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import type { HttpHandler, HttpMethods, HttpRequest, HttpResponse } from "../gateway/http-route.ts";
import { GATEWAY_LIMITS } from "../gateway/limits.ts";
import { pathOf, splitTarget } from "../gateway/upgrade.ts";
import { rejectUpgrade } from "./reject-upgrade.ts";

/** Accepts an upgrade, or rejects it; the socket is the handler's from then on. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** What a path offers. */
export interface Route {
  readonly methods?: HttpMethods;
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

/** A path with names in braces, each of which stands for one part. */
interface Pattern {
  readonly parts: readonly string[];
  readonly route: Route;
}

/** A route, and the parts of the path that its names stand for. */
interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** The routes of one port, by path: for websocket upgrades and for everything else. */
export class Router {
  /** Paths without names in braces. */
  readonly #routes = new Map<string, Route>();
  /** Paths with names, as they were added. */
  readonly #patterns = new Map<string, Pattern>();
  readonly #compresses: boolean;

  /** With `compresses`, answers are compressed for clients that accept gzip. */
  constructor(compresses: boolean = true) {
    this.#compresses = compresses;
  }

  /**
   * Adds a route. A name in braces stands for one part of the path, as in `/v2/stocks/{symbol}/trades`; a path without
   * names wins over one with.
   *
   * @throws RangeError for a path that has a route.
   */
  add(path: string, route: Route): void {
    if (this.#routes.has(path) || this.#patterns.has(path))
      throw new RangeError(`the path ${path} has a route already`);
    if (path.includes("{")) this.#patterns.set(path, { parts: path.split("/"), route });
    else this.#routes.set(path, route);
  }

  /** Answers a request that is no upgrade. */
  async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url } = splitTarget(request.url);
    try {
      const answer = await this.#answer(request.method, url, request.headers);
      const accepted = this.#compresses ? String(request.headers["accept-encoding"] ?? "") : "";
      send(response, await compressed(answer, accepted));
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

  #answer(
    method: string | undefined,
    url: string,
    headers: HttpRequest["headers"],
  ): HttpResponse | Promise<HttpResponse> {
    const match = this.#match(pathOf(url));
    if (match === undefined) return this.#notFound();
    const { methods = {}, upgrade } = match.route;
    const handler = handlerOf(methods, method);
    if (handler !== undefined) return handler({ url, headers, params: match.params });
    return upgrade === undefined ? methodNotAllowed(methods) : UPGRADE_REQUIRED;
  }

  #match(path: string): Match | undefined {
    const route = this.#routes.get(path);
    if (route !== undefined) return { route, params: {} };
    const parts = path.split("/").map(decoded);
    for (const { parts: names, route } of this.#patterns.values()) {
      if (names.length !== parts.length) continue;
      const params: Record<string, string> = {};
      const fits = names.every((name, index) => {
        const part = parts[index];
        if (!name.startsWith("{")) return part === name;
        if (part === undefined || part === "") return false;
        params[name.slice(1, -1)] = part;
        return true;
      });
      if (fits) return { route, params };
    }
    return undefined;
  }

  #notFound(): HttpResponse {
    const paths = [...this.#routes.keys(), ...this.#patterns.keys()].join(" ");
    return { status: 404, body: `There is nothing at this path. Paths: ${paths}\n` };
  }
}

function handlerOf(methods: HttpMethods, method: string | undefined): HttpHandler | undefined {
  if (method === "GET" || method === "HEAD") return methods.GET;
  return method === "OPTIONS" ? methods.OPTIONS : undefined;
}

/** Decodes a part of a path; undefined for one that is not encoded rightly. */
function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

const gzipped = promisify(gzip);

/** Compresses a body, on another thread, for a client that accepts gzip. Source: RFC 9110, section 12.5.3. */
async function compressed(answer: HttpResponse, accepted: string): Promise<HttpResponse> {
  if (!GZIP.test(accepted) || Buffer.byteLength(answer.body) < GATEWAY_LIMITS.minCompressedBytes) return answer;
  const body = await gzipped(answer.body, { level: constants.Z_BEST_SPEED });
  const vary = [answer.headers?.Vary, "Accept-Encoding"].filter((name) => name !== undefined).join(", ");
  return { ...answer, headers: { ...answer.headers, "Content-Encoding": "gzip", Vary: vary }, body };
}

/** An accepted gzip: named, and without a weight of 0. */
const GZIP = /(?:^|,)\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[^,]*)?(?:,|$)/i;

/** Source: RFC 9110, section 15.5.22. */
const UPGRADE_REQUIRED: HttpResponse = {
  status: 426,
  headers: { Upgrade: "websocket", Connection: "Upgrade, close" },
  body: "This path accepts websockets: connect with ws:// or wss://.\n",
};

/** Source: RFC 9110, section 15.5.6. */
function methodNotAllowed({ OPTIONS }: HttpMethods): HttpResponse {
  const names = ["GET", "HEAD", ...(OPTIONS === undefined ? [] : ["OPTIONS"])];
  const shown = `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  return { status: 405, headers: { Allow: names.join(", ") }, body: `This path answers ${shown}.\n` };
}

const FAILED: HttpResponse = { status: 500, body: "The gateway failed.\n" };

function send(response: ServerResponse, { status, headers, body }: HttpResponse): void {
  response.writeHead(status, { ...HEADERS, "Content-Length": Buffer.byteLength(body), ...headers });
  response.end(body); // to HEAD, Node sends no body
}
