/**
 * Runs the official TypeScript client's `StockApi`, unmodified, by commands from standard input.
 * Usage: history.js URL KEY SECRET. The commands and the lines that it prints are described in ../README.md.
 */
import { createInterface } from "node:readline";
import { marketData } from "@alpacahq/alpaca-trade-api";
import type { HistoryCommand } from "../history-process.ts";

const [basePath = "", keyId = "", secret = ""] = process.argv.slice(2);
const api = new marketData.StockApi(new marketData.Configuration({ basePath, keyId, secret }));

/** The largest page. */
const PAGE = 10_000;

type Page = { readonly nextPageToken: string | null };

/**
 * Ids as strings, as the library has those beyond 2^53; times with milliseconds: its models have a `Date` where they
 * are models, and the server's string within the objects of many symbols.
 */
function shown(value: unknown): unknown {
  const text = JSON.stringify(value, (key, item) => {
    if (key === "t") return new Date(item).toISOString();
    return key === "i" ? String(item) : item;
  });
  return JSON.parse(text);
}

/** Follows the tokens, as the library leaves to its user, and joins the records by symbol. */
async function pages<P extends Page>(
  ask: (pageToken: string | undefined) => Promise<P>,
  records: (page: P) => Record<string, unknown[]>,
): Promise<Record<string, unknown[]>> {
  const all: Record<string, unknown[]> = {};
  let pageToken: string | undefined;
  do {
    const page = await ask(pageToken);
    for (const [symbol, found] of Object.entries(records(page))) all[symbol] = [...(all[symbol] ?? []), ...found];
    pageToken = page.nextPageToken ?? undefined;
  } while (pageToken !== undefined);
  return all;
}

async function answer(command: HistoryCommand): Promise<unknown> {
  const { ask, symbols: names, single = false } = command;
  const [symbol = ""] = names;
  const symbols = names.join(",");
  const range = {
    ...(command.start !== undefined && { start: new Date(command.start), end: new Date(command.end ?? "") }),
    limit: command.limit ?? PAGE,
    ...(command.descending && { sort: marketData.Sort.Desc }),
  };
  const timeframe = (command.timeframe ?? []).join("");
  switch (`${ask}${single ? " single" : ""}`) {
    case "trades":
      return pages(
        (pageToken) => api.stockTrades({ symbols, ...range, ...(pageToken && { pageToken }) }),
        (page) => page.trades,
      );
    case "trades single":
      return pages(
        (pageToken) => api.stockTradeSingle({ symbol, ...range, ...(pageToken && { pageToken }) }),
        (page) => ({ [symbol]: page.trades }),
      );
    case "quotes":
      return pages(
        (pageToken) => api.stockQuotes({ symbols, ...range, ...(pageToken && { pageToken }) }),
        (page) => page.quotes,
      );
    case "quotes single":
      return pages(
        (pageToken) => api.stockQuoteSingle({ symbol, ...range, ...(pageToken && { pageToken }) }),
        (page) => ({ [symbol]: page.quotes }),
      );
    case "bars":
      return pages(
        (pageToken) => api.stockBars({ symbols, timeframe, ...range, ...(pageToken && { pageToken }) }),
        (page) => page.bars,
      );
    case "bars single":
      return pages(
        (pageToken) => api.stockBarSingle({ symbol, timeframe, ...range, ...(pageToken && { pageToken }) }),
        (page) => ({ [symbol]: page.bars }),
      );
    case "auctions":
      return { count: Object.keys((await api.stockAuctions({ symbols, ...range })).auctions).length };
    case "auctions single":
      return { count: (await api.stockAuctionSingle({ symbol, ...range })).auctions.length };
    case "latest trades":
      return (await api.stockLatestTrades({ symbols })).trades;
    case "latest trades single":
      return { [symbol]: (await api.stockLatestTradeSingle({ symbol })).trade };
    case "latest quotes":
      return (await api.stockLatestQuotes({ symbols })).quotes;
    case "latest quotes single":
      return { [symbol]: (await api.stockLatestQuoteSingle({ symbol })).quote };
    case "latest bars":
      return (await api.stockLatestBars({ symbols })).bars;
    case "latest bars single":
      return { [symbol]: (await api.stockLatestBarSingle({ symbol })).bar };
    case "snapshots":
      return api.stockSnapshots({ symbols });
    case "snapshots single": {
      const { symbol: _, ...snapshot } = await api.stockSnapshotSingle({ symbol });
      return { [symbol]: snapshot };
    }
    case "conditions":
      return api.stockMetaConditions({ ticktype: "trade", tape: "C" });
    case "exchanges":
      return api.stockMetaExchanges();
    default:
      throw new Error(`no request ${ask}`);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  let result: object;
  try {
    result = { value: shown(await answer(JSON.parse(line))) };
  } catch (error) {
    const { status, response, message } = error as { status?: number; response?: Response; message?: string };
    result = { status: status ?? response?.status, text: message };
  }
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
