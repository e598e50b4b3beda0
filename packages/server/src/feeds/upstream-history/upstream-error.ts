/** There is no answer of upstream that could be passed on. */
export class UpstreamError extends Error {
  override readonly name = "UpstreamError";
  /**
   * With what the client's request is answered: 429 for a key with too many requests, 502 for an upstream that rejects
   * the gateway itself or answers with something else than history, 503 for one in trouble, 504 for one that is late.
   */
  readonly status: 429 | 502 | 503 | 504;
  /** When the client should try again. */
  readonly retryAfterSeconds: number | undefined;

  constructor(status: UpstreamError["status"], message: string, retryAfterSeconds?: number, cause?: unknown) {
    super(message, { cause });
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
