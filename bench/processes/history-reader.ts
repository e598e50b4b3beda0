/**
 * Reads the whole history for each line of standard input, with ours or with a peer. `reader.ts` describes
 * its output; `messages` counts trades.
 *
 * Usage: history-reader.js KIND URL SYMBOLS START END, SYMBOLS being separated by commas
 */
import type { StockHistory } from "@tickerplant/client/history";
import { type HistoryRequest, PAGE_RECORDS, pagesOf } from "../history-pages.ts";
import { printTotals } from "../reader.ts";

const [kind = "", url = "", symbolList = "", start = "", end = ""] = process.argv.slice(2);
const request: HistoryRequest = { url, symbols: symbolList.split(","), start, end };
const range = { start: new Date(start), end: new Date(end) };

let count = 0;
/** The newest record, kept so that the optimiser cannot remove unused work. */
let last: unknown;

/** Does next to nothing with a record, so that the result shows the cost of the library. */
const receive = (record: unknown): void => {
  last = record;
  count++;
};

/** Peers are imported where they are used: a reader loads no other's code. */
async function ours(): Promise<StockHistory> {
  const { StockHistory } = await import("@tickerplant/client/history");
  const requestsPerMinute = 1_000_000; // the gateway has no limit
  return new StockHistory({ apiKey: "key", secretKey: "secret", feed: "sip", urlOverride: url, requestsPerMinute });
}

/** Each returns a function that reads everything once. */
const KINDS: Readonly<Record<string, () => Promise<() => Promise<void>>>> = {
  "for await": async () => {
    const history = await ours();
    return async () => {
      for await (const trade of history.trades(request.symbols, range)) receive(trade);
    };
  },
  batches: async () => {
    const history = await ours();
    return async () => {
      for await (const batch of history.trades(request.symbols, range).batches())
        for (const trade of batch) receive(trade);
    };
  },
  "@alpacahq/alpaca-trade-api": async () => {
    const { marketData } = await import("@alpacahq/alpaca-trade-api");
    const config = new marketData.Configuration({ basePath: url, keyId: "key", secret: "secret" });
    const api = new marketData.StockApi(config);
    const query = { symbols: symbolList, ...range, limit: PAGE_RECORDS };
    return async () => {
      let pageToken: string | null | undefined;
      do {
        const page = await api.stockTrades({ ...query, ...(pageToken && { pageToken }) });
        for (const trades of Object.values(page.trades)) for (const trade of trades) receive(trade);
        pageToken = page.nextPageToken;
      } while (pageToken);
    };
  },
  bytes: async () => async () => {
    for await (const { body } of pagesOf(request)) {
      last = body;
      count++;
    }
  },
};

const begin = KINDS[kind];
if (begin === undefined) throw new Error(`unknown kind ${kind}; the kinds are ${Object.keys(KINDS).join(", ")}`);
const readAll = await begin();
printTotals(async () => {
  await readAll();
  return last === undefined ? 0 : count;
});
