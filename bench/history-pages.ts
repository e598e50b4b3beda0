import { Agent, get, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";

/** Records of a page: the most that the protocol has. */
export const PAGE_RECORDS = 10_000;
/** The token of the next page stands at the end of a body. */
const TOKEN = /"next_page_token":"([^"]+)"\}\s*$/;
/** More than a token and its name. */
const TAIL_BYTES = 1_000;

/** A request for the trades of some symbols in a range of time. */
export interface HistoryRequest {
  /** Address of the server, without a path. */
  readonly url: string;
  readonly symbols: readonly string[];
  /** First and last time, in RFC 3339 with an offset: Python before 3.11 reads no `Z`. */
  readonly start: string;
  readonly end: string;
}

/** A page as it was received. */
export interface RawPage {
  readonly path: string;
  readonly body: Buffer;
}

/** Requests page after page and decodes none: the cheapest reader, which shows the speed of a server. */
export async function* pagesOf({ url, symbols, start, end }: HistoryRequest): AsyncGenerator<RawPage> {
  const agent = new Agent({ keepAlive: true });
  const query = new URLSearchParams({ symbols: symbols.join(","), start, end, limit: String(PAGE_RECORDS) });
  for (let token: string | undefined = ""; token !== undefined; ) {
    if (token !== "") query.set("page_token", token);
    const path = `/v2/stocks/trades?${query}`;
    const body = await bodyOf(`${url}${path}`, agent);
    yield { path, body };
    token = TOKEN.exec(body.toString("latin1", body.length - TAIL_BYTES))?.[1];
  }
  agent.destroy();
}

async function bodyOf(address: string, agent: Agent): Promise<Buffer> {
  const headers = { "APCA-API-KEY-ID": "key", "APCA-API-SECRET-KEY": "secret" };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(address, { agent, headers }, resolve).on("error", reject);
  });
  if (response.statusCode !== 200)
    throw new Error(`${address}: status ${response.statusCode}: ${await text(response)}`);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks);
}
