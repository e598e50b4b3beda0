/** What the client reads of an answer: a part of the platform's `Response`. */
export interface FetchResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  /** Null for an answer without a body. */
  readonly body: {
    getReader(): {
      read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
      cancel(): Promise<void>;
    };
  } | null;
}

/** What the client passes to `fetch`. */
export interface FetchInit {
  readonly headers: Record<string, string>;
  readonly signal: AbortSignal;
  /** A redirect is an answer like any other: followed, it would carry the keys to another host. */
  readonly redirect: "manual";
}

/** Sends a GET request: the platform's `fetch`, or a replacement such as undici's with a proxy. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>;

/** The platform's `fetch`, looked up at each call, because tests and tracing replace the global. */
export const platformFetch: Fetch = (url, init) => fetch(url, init);
