import type { Fetch, FetchInit } from "../../src/platform/fetch.ts";

/** An answer of the {@link HistoryServer}. */
export interface Answer {
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that arrived. */
export interface ArrivedRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** A server of history in memory, behind a `fetch`. */
export class HistoryServer {
  readonly requests: ArrivedRequest[] = [];
  /** Requests that were ended by their signal. */
  aborted = 0;
  readonly #answer: (request: ArrivedRequest, index: number) => Answer | Promise<Answer> | undefined;

  /** `answer` returns undefined for a request that is never answered. */
  constructor(answer: (request: ArrivedRequest, index: number) => Answer | Promise<Answer> | undefined) {
    this.#answer = answer;
  }

  readonly fetch: Fetch = async (address: string, { headers, signal }: FetchInit) => {
    const request = { url: new URL(address), headers, signal };
    const answer = this.#answer(request, this.requests.push(request) - 1);
    const { status = 200, body = "{}", headers: answered = {} } = await this.#untilAborted(signal, answer);
    return new Response(body, { status, headers: { "content-type": "application/json", ...answered } });
  };

  /** The parameters of all requests. */
  get queries(): Record<string, string>[] {
    return this.requests.map(({ url }) => Object.fromEntries(url.searchParams));
  }

  #untilAborted(signal: AbortSignal, answer: Answer | Promise<Answer> | undefined): Promise<Answer> {
    return new Promise((resolve, reject) => {
      signal.addEventListener(
        "abort",
        () => {
          this.aborted++;
          reject(new Error("aborted"));
        },
        { once: true },
      );
      if (answer !== undefined) Promise.resolve(answer).then(resolve, reject);
    });
  }
}

/** A server that answers with these bodies, one after the other. */
export function serving(...bodies: readonly (Answer | string)[]): HistoryServer {
  return new HistoryServer((_, index) => {
    const answer = bodies[index];
    return typeof answer === "string" ? { body: answer } : answer;
  });
}

/** The JSON of a page. Records are JSON, too, so that ids beyond 2^53 stay exact. */
export function pageOf(
  channel: string,
  records: Readonly<Record<string, readonly string[]>>,
  token: string | null = null,
): string {
  const groups = Object.entries(records).map(([symbol, items]) => `"${symbol}":[${items.join(",")}]`);
  return `{"${channel}":{${groups.join(",")}},"next_page_token":${JSON.stringify(token)}}`;
}

/** The JSON of a trade at a second of 2025-11-14T14:30, with more keys if given. */
export function tradeAt(second: number, id: number | bigint = second, more = ""): string {
  const time = `2025-11-14T14:30:${String(second).padStart(2, "0")}.000000001Z`;
  return `{"t":"${time}","x":"V","p":101.5,"s":100,"c":["@","I"],"i":${id},"z":"C"${more}}`;
}
