import { type Check, check, checkOptions, type OptionChecks } from "../checks/option-checks.ts";
import type {
  HistoryGroup,
  HistoryLatestRequest,
  HistoryPage,
  HistoryPageRequest,
  HistorySource,
} from "../continuity/history-source.ts";
import { PageOrder } from "../continuity/page-order.ts";
import { symbolParts } from "../continuity/symbol-parts.ts";
import * as LIMITS from "../limits.ts";
import { splitOptions } from "../subscriptions/symbol-arguments.ts";
import { checkedSymbols } from "../subscriptions/wanted-symbols.ts";
import type { MarketRecord } from "../wire/index.ts";
import type { HistoryChannel, HistoryKind } from "./history-kind.ts";
import { HistoryRecords } from "./history-records.ts";
import { nanosecondsText } from "./history-times.ts";
import { type NamedRecords, PageReader, type SnapshotFormat } from "./page-reader.ts";
import { type RangeOptions, REQUEST_OPTIONS, type RequestOptions, rangeQuery } from "./range-options.ts";
import { Priority } from "./request-budget.ts";
import { type HistoryAnswer, RestClient, type RestRequest, type RestSettings } from "./rest-client.ts";

const PATH: Check = {
  expected: "a path such as /v1/corporate-actions?symbols=AAPL",
  accepts: (value) => typeof value === "string" && value.startsWith("/"),
};

type Query = Readonly<Record<string, string | undefined>>;

/** Symbols and options of a request, checked. */
export interface HistoryArguments<Options> {
  readonly symbols: readonly string[];
  readonly options: Options;
}

/** A range of time, as all pages of a request have it. */
interface Range<R> {
  readonly key: string;
  readonly symbols: readonly string[];
  readonly query: Query;
  readonly limit: number;
  readonly isDescending: boolean;
  readonly read: (body: Uint8Array, order: PageOrder) => HistoryPage<R>;
}

/** The history of one asset class, of which classes such as `StockHistory` are the faces. */
export class History {
  readonly #kind: HistoryKind;
  readonly #client: RestClient;
  readonly #reader: PageReader;

  constructor(kind: HistoryKind, settings: RestSettings) {
    this.#kind = kind;
    this.#client = new RestClient(settings);
    this.#reader = new PageReader(kind.schema);
  }

  /**
   * Splits and checks the arguments of a method.
   *
   * @throws TypeError for what is neither symbols nor options.
   */
  checkedArguments<Options extends object>(
    method: string,
    args: readonly unknown[],
    checks: OptionChecks<Options>,
  ): HistoryArguments<Options> {
    const { symbols, options } = splitOptions(args, method, checks);
    checkOptions(method, options, checks);
    return { symbols: checkedSymbols(method, symbols, this.#kind.spelling), options };
  }

  /**
   * The records of a channel in a range of time. `query` has parameters of the channel alone.
   *
   * @throws TypeError for values that are no times, and for a feed without history.
   */
  records<R extends MarketRecord>(
    channel: HistoryChannel,
    { symbols, options }: HistoryArguments<RangeOptions>,
    query: Query,
  ): HistoryRecords<R> {
    const read = (body: Uint8Array, order: PageOrder): HistoryPage<R> =>
      this.#reader.page(body, channel, order) as HistoryPage<R>; // the records of the channel
    return this.#range(channel.key, symbols, options, query, read);
  }

  /**
   * Items of a range of time that are no records of the schema. `make` makes them from plain data.
   *
   * @throws TypeError for values that are no times, and for a feed without history.
   */
  items<R>(
    key: string,
    { symbols, options }: HistoryArguments<RangeOptions>,
    query: Query,
    make: (symbol: string, value: unknown) => R,
  ): HistoryRecords<R> {
    const read = (body: Uint8Array, order: PageOrder): HistoryPage<R> => {
      const { groups, nextToken } = this.#reader.plainPage(body, key, order);
      const made = groups.map(({ symbol, symbolNumber, records }) => ({
        symbol,
        symbolNumber,
        records: records.map((value) => make(symbol, value)),
      }));
      return { groups: made, nextToken };
    };
    return this.#range(key, symbols, options, query, read);
  }

  /** The newest record of a channel for each symbol that has one. */
  async latest<R extends MarketRecord>(
    channel: HistoryChannel,
    args: HistoryArguments<RequestOptions>,
    query: Query,
  ): Promise<Map<string, R>> {
    const path = this.#kind.latestPath(channel.key);
    const records = await this.#newest(path, channel.key, args, query, (body) => this.#reader.latest(body, channel));
    return records as Map<string, R>; // the records of the channel
  }

  /** Several records for each symbol, from which `make` makes its snapshot. */
  async snapshots<R>(
    args: HistoryArguments<RequestOptions>,
    query: Query,
    format: SnapshotFormat,
    make: (symbol: string, records: NamedRecords) => R,
  ): Promise<Map<string, R>> {
    const found = await this.#newest("snapshots", "snapshots", args, query, (body) =>
      this.#reader.snapshots(body, format),
    );
    return new Map([...found].map(([symbol, records]) => [symbol, make(symbol, records)]));
  }

  /** A table of codes and their meanings. */
  async codes(path: string, query: Query, signal: AbortSignal | undefined): Promise<Map<string, string>> {
    return this.#reader.strings(await this.#client.get({ path: this.#path(path), query, key: path }, signal));
  }

  /**
   * Requests any path of the server, and returns the answer as it came.
   *
   * @throws TypeError for what is no path; StreamError for a server in trouble.
   */
  request(target: string, options: RequestOptions): Promise<HistoryAnswer> {
    check("the path", target, PATH);
    checkOptions("request", options, REQUEST_OPTIONS);
    return this.#client.request(target, options.signal);
  }

  /** History as a stream uses it to fill its gaps. */
  source(): HistorySource {
    const client = this.#client;
    const { feed, channels, rangeQuery: hasHistory } = this.#kind;
    return {
      feed,
      url: client.url,
      channels: hasHistory === undefined ? [] : Object.keys(channels),
      get acceptsWildcard() {
        return client.acceptsWildcard;
      },
      page: (request, signal) => this.#fillPage(request, signal),
      latest: (request, signal) => this.#latestGroups(request, signal),
    };
  }

  async #fillPage(request: HistoryPageRequest, signal: AbortSignal): Promise<HistoryPage> {
    const { channel: name, symbols, fromNs, toNs, token, raw } = request;
    const channel = this.#kind.channels[name];
    if (channel === undefined) throw new TypeError(`history has no channel ${name}`);
    const query = {
      ...this.#rangeQuery(),
      ...channel.query,
      start: nanosecondsText("fromNs", fromNs),
      end: nanosecondsText("toNs", toNs),
      ...this.#kind.fillQuery,
    };
    const { body, completeFromNs } = await this.#client.attempt(
      this.#pageRequest(channel.key, symbols, query, LIMITS.maxPageRecords, token),
      Priority.FILL,
      signal,
    );
    const order = new PageOrder();
    const page = raw ? this.#reader.rawPage(body, channel, order) : this.#reader.page(body, channel, order);
    return completeFromNs === undefined ? page : { ...page, completeFromNs };
  }

  async #latestGroups(request: HistoryLatestRequest, signal: AbortSignal): Promise<readonly HistoryGroup[]> {
    const { channel: name, symbols, raw } = request;
    const { channels, latestQuery, latestPath } = this.#kind;
    const channel = channels[name];
    if (channel === undefined) throw new TypeError(`history has no channel ${name}`);
    const query = { ...latestQuery, symbols: symbols.join(",") };
    const path = this.#path(latestPath(channel.key));
    const { body } = await this.#client.attempt({ path, key: channel.key, query }, Priority.FILL, signal);
    return this.#reader.latestGroups(body, channel, raw);
  }

  #range<R>(
    key: string,
    symbols: readonly string[],
    options: RangeOptions,
    query: Query,
    read: Range<R>["read"],
  ): HistoryRecords<R> {
    const range: Range<R> = {
      key,
      symbols: symbols.toSorted(), // so that several requests come in the order of one
      query: { ...this.#rangeQuery(), ...query, ...rangeQuery(options) },
      limit: options.limit ?? Number.POSITIVE_INFINITY,
      isDescending: options.sort === "desc",
      read,
    };
    return new HistoryRecords((signal) => this.#walk(range, signal), options.signal);
  }

  /** Yields the pages of all symbols, each requested while the one before is read. */
  async *#walk<R>(range: Range<R>, signal: AbortSignal): AsyncGenerator<HistoryPage<R>, void, undefined> {
    const parts = symbolParts(range.symbols);
    const order = new PageOrder(range.isDescending);
    let left = range.limit;
    let part = parts.shift();
    let next = part && this.#page(range, part, left, undefined, order, signal);
    while (next !== undefined) {
      const page = cut(await next, left);
      signal.throwIfAborted();
      left -= countOf(page);
      const { nextToken } = page;
      if (nextToken === undefined) part = parts.shift();
      else order.addToken(nextToken);
      next = part && left > 0 ? this.#page(range, part, left, nextToken, order, signal) : undefined;
      next?.catch(() => {}); // thrown when it is awaited
      yield page;
    }
  }

  async #page<R>(
    range: Range<R>,
    symbols: readonly string[],
    left: number,
    token: string | undefined,
    order: PageOrder,
    signal: AbortSignal,
  ): Promise<HistoryPage<R>> {
    const limit = Math.min(left, LIMITS.maxPageRecords);
    const request = this.#pageRequest(range.key, symbols, range.query, limit, token);
    return range.read(await this.#client.get(request, signal), order);
  }

  #pageRequest(
    key: string,
    symbols: readonly string[],
    query: Query,
    limit: number,
    token: string | undefined,
  ): RestRequest {
    return {
      path: this.#path(key),
      key,
      query: { ...query, symbols: symbols.join(","), limit: String(limit), page_token: token },
    };
  }

  /** Requests the newest records of all symbols, and joins the answers. */
  async #newest<R>(
    path: string,
    key: string,
    { symbols, options }: HistoryArguments<RequestOptions>,
    query: Query,
    read: (body: Uint8Array) => Map<string, R>,
  ): Promise<Map<string, R>> {
    const answers = symbolParts(symbols).map(async (part) => {
      const named = { ...this.#kind.latestQuery, ...query, symbols: part.join(",") };
      return read(await this.#client.get({ path: this.#path(path), key, query: named }, options.signal));
    });
    return new Map((await Promise.all(answers)).flatMap((answer) => [...answer]));
  }

  #path(path: string): string {
    return `${this.#kind.path}/${path}`;
  }

  #rangeQuery(): Query {
    const { rangeQuery: query, feed } = this.#kind;
    if (query === undefined)
      throw new TypeError(`the feed ${feed} has no history: only its newest records can be requested`);
    return query;
  }
}

function countOf({ groups }: HistoryPage<unknown>): number {
  return groups.reduce((sum, { records }) => sum + records.length, 0);
}

/** A page without the records beyond a limit, which a server should not have sent. */
function cut<R>(page: HistoryPage<R>, limit: number): HistoryPage<R> {
  if (countOf(page) <= limit) return page;
  let left = limit;
  const groups = page.groups.map((group) => {
    const records = group.records.slice(0, left);
    left -= records.length;
    return { ...group, records };
  });
  return { ...page, groups };
}
