import type { HttpResponse } from "../gateway/http-route.ts";

/** A request that is rejected: its status, and the message of its body. */
export class RestError extends Error {
  override readonly name = "RestError";
  readonly status: number;
  /** Alpaca's number, where its documentation shows one. */
  readonly code: number | undefined;
  /** When the client should try again. */
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, message: string, code?: number, retryAfterSeconds?: number) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Makes the answer to a rejected request: JSON, except for 401, which Alpaca's proxy answers with a page of HTML. */
export function rejection({ status, message, code, retryAfterSeconds }: RestError): HttpResponse {
  if (status === 401) return { status, headers: { "Content-Type": "text/html" }, body: UNAUTHORIZED };
  const body = JSON.stringify({ ...(code !== undefined && { code }), message });
  const retryAfter = retryAfterSeconds === undefined ? {} : { "Retry-After": `${retryAfterSeconds}` };
  return { status, headers: { ...JSON_TYPE, ...retryAfter }, body };
}

export const JSON_TYPE = { "Content-Type": "application/json; charset=utf-8" };

/** Source: spec of Alpaca's answers in PROTOCOL.md, "History". */
const UNAUTHORIZED = `<html>
<head><title>401 Authorization Required</title></head>
<body>
<center><h1>401 Authorization Required</h1></center>
</body>
</html>
`;
