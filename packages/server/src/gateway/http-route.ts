import type { IncomingHttpHeaders } from "node:http";

/** A request as handlers get it. */
export interface HttpRequest {
  /** Path and query, such as `/healthz?pretty`. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** The decoded parts of the path that stand for the names in braces of the route. */
  readonly params: Readonly<Record<string, string>>;
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

/** The handlers of a path by method. HEAD is answered like GET, without the body. */
export type HttpMethods = { readonly [method in "GET" | "OPTIONS"]?: HttpHandler };
