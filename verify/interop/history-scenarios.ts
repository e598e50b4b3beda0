import { strict as assert } from "node:assert";
import { isDeepStrictEqual } from "node:util";
import type { OfficialClient } from "./clients.ts";
import { check, type Finding, notModelled } from "./finding.ts";
import type { GatewayProcess } from "./gateway-process.ts";
import { KEY, KEY_WITHOUT_HISTORY } from "./gateways.ts";
import type { HistoryAnswer, HistoryCommand, HistoryProcess } from "./history-process.ts";
import {
  BARS,
  DAILY_BARS,
  END,
  type PastRecord,
  QUOTES,
  START,
  SYMBOLS,
  TRADES,
  UNKNOWN_SYMBOL,
  UPDATED_TRADES,
} from "./history-records.ts";

type Records = Readonly<Record<string, readonly PastRecord[]>>;

const [AAPL, BRK_B] = SYMBOLS;
const ALL = [...SYMBOLS, UNKNOWN_SYMBOL];
const RANGE = { start: START, end: END };
const KINDS: readonly (readonly [HistoryCommand["ask"], Records])[] = [
  ["trades", { ...TRADES, [BRK_B]: UPDATED_TRADES }],
  ["quotes", QUOTES],
  ["bars", BARS],
];
/** The start of the first minute bar, which is before the first trade. */
const WHOLE = { start: "2025-11-14T14:30:00.000000000Z", end: END };

/** Checks what a client reads of a gateway's past: every method of its history that it has for stocks. */
export async function historyFindings(
  client: OfficialClient,
  start: () => Promise<GatewayProcess>,
): Promise<Finding[]> {
  await using gateway = await start();
  const url = gateway.url.replace("ws:", "http:");
  await using program = client.startHistory(url, KEY.key, KEY.secret);
  const scenario = new Scenario(client, program);
  return [
    await check("history of many symbols, 52,000 trades over pages", () => scenario.manySymbols()),
    await check("history of one symbol", () => scenario.oneSymbol()),
    await check("history backwards, and a limit", () => scenario.backwards()),
    await check("bars of longer timeframes", () => scenario.timeframes()),
    await check("latest records and snapshots", () => scenario.latest()),
    client.noAuctions === undefined
      ? await check("auctions: none", () => scenario.auctions())
      : notModelled("auctions: none", client.noAuctions),
    client.noMeta === undefined
      ? await check("conditions and exchanges", () => scenario.meta())
      : notModelled("conditions and exchanges", client.noMeta),
    await check("errors of history: 400, 401, 403", async () => {
      await scenario.badRequest();
      await rejectedKeys(client, url);
    }),
  ];
}

class Scenario {
  readonly #client: OfficialClient;
  readonly #program: HistoryProcess;

  constructor(client: OfficialClient, program: HistoryProcess) {
    this.#client = client;
    this.#program = program;
  }

  async manySymbols(): Promise<void> {
    for (const [ask, records] of KINDS)
      this.#compare(await this.#ask({ ask, symbols: ALL, ...WHOLE, timeframe: [1, "Min"] }), records);
  }

  async oneSymbol(): Promise<void> {
    for (const [ask, records] of KINDS) {
      const command: HistoryCommand = { ask, symbols: [BRK_B], single: true, ...WHOLE, timeframe: [1, "Min"] };
      this.#compare(await this.#ask(command), { [BRK_B]: records[BRK_B] ?? [] });
    }
  }

  async backwards(): Promise<void> {
    const quotes = QUOTES[AAPL]?.toReversed() ?? [];
    const command: HistoryCommand = { ask: "quotes", symbols: [AAPL], ...WHOLE, descending: true };
    this.#compare(await this.#ask(command), { [AAPL]: quotes });
    if (this.#client.pagesByHand) return; // its limit is that of a page
    this.#compare(await this.#ask({ ...command, limit: 42 }), { [AAPL]: quotes.slice(0, 42) });
  }

  async timeframes(): Promise<void> {
    const minutes = BARS[AAPL] ?? [];
    const fives = Array.from({ length: 6 }, (_, index) => merged(minutes.slice(index * 5, index * 5 + 5)));
    const command = { ask: "bars", symbols: [AAPL], ...WHOLE } as const;
    this.#compare(await this.#ask({ ...command, timeframe: [5, "Min"] }), { [AAPL]: fives });
    const start = "2025-11-13T00:00:00.000000000Z";
    this.#compare(await this.#ask({ ...command, start, timeframe: [1, "Day"] }), { [AAPL]: DAILY_BARS });
  }

  async latest(): Promise<void> {
    for (const single of [false, true]) {
      const symbols = single ? [AAPL] : ALL;
      const names = single ? [AAPL] : SYMBOLS;
      const lastOf = (records: Records) => names.map((name) => [name, records[name]?.at(-1)] as const);
      const last = (records: Records) => Object.fromEntries(lastOf(records));
      this.#compare(await this.#ask({ ask: "latest trades", symbols, single }), last(LATEST_TRADES));
      this.#compare(await this.#ask({ ask: "latest quotes", symbols, single }), last(QUOTES));
      this.#compare(await this.#ask({ ask: "latest bars", symbols, single }), last(BARS));
      const snapshot = {
        latestTrade: LATEST_TRADES[AAPL]?.at(-1),
        latestQuote: QUOTES[AAPL]?.at(-1),
        minuteBar: BARS[AAPL]?.at(-1),
        dailyBar: DAILY_BARS[1],
        prevDailyBar: DAILY_BARS[0],
      };
      const snapshots = (await this.#ask({ ask: "snapshots", symbols, single })) as Record<string, unknown>;
      assert.deepEqual(Object.keys(snapshots).sort(), [...names].sort());
      this.#compare(snapshots[AAPL], snapshot);
    }
  }

  async auctions(): Promise<void> {
    for (const single of [false, true])
      assert.deepEqual(await this.#ask({ ask: "auctions", symbols: [AAPL], single, ...WHOLE }), { count: 0 });
  }

  async meta(): Promise<void> {
    const conditions = (await this.#ask({ ask: "conditions", symbols: [] })) as Record<string, string>;
    assert.equal(conditions["@"], "Regular Sale");
    const exchanges = (await this.#ask({ ask: "exchanges", symbols: [] })) as Record<string, string>;
    assert.equal(exchanges.V, "IEX");
  }

  async badRequest(): Promise<void> {
    const { status, text } = await this.#program.ask({ ask: "trades", symbols: [AAPL, "YZCDE2"], ...WHOLE });
    assert.equal(status, 400);
    assert.match(text ?? "", /invalid symbol: YZCDE2/);
  }

  async #ask(command: HistoryCommand): Promise<unknown> {
    const { value, status, text } = await this.#program.ask(command);
    if (value === undefined) throw new Error(`${command.ask} ended with ${status ?? "an error"}: ${text}`);
    return value;
  }

  /** Throws unless a client returned what it should, as far as its times go. */
  #compare(seen: unknown, expected: unknown): void {
    const cut = this.#client.pastRecord(expected);
    if (isDeepStrictEqual(seen, cut)) return;
    throw new Error(firstDifference(seen, cut));
  }
}

/** The trades that may be the latest: odd lots set no price of a bar. */
const LATEST_TRADES: Records = Object.fromEntries(
  Object.entries({ ...TRADES, [BRK_B]: UPDATED_TRADES }).map(([symbol, trades]) => [
    symbol,
    trades.filter(({ c, u }) => !(c as string[]).includes("I") && u === undefined),
  ]),
);

async function rejectedKeys(client: OfficialClient, url: string): Promise<void> {
  const ask = async (key: string, secret: string): Promise<HistoryAnswer> => {
    await using program = client.startHistory(url, key, secret);
    return await program.ask({ ask: "trades", symbols: [AAPL], ...RANGE });
  };
  const { status, text = "" } = await ask(KEY.key, "wrong");
  if (client.errorAfterHtml === undefined) assert.equal(status, 401);
  else assert.match(text, client.errorAfterHtml);
  assert.equal((await ask(KEY_WITHOUT_HISTORY.key, KEY_WITHOUT_HISTORY.secret)).status, 403);
}

/** The bar that minute bars make. */
function merged(bars: readonly PastRecord[]): PastRecord {
  const values = (key: string): number[] => bars.map((bar) => Number(bar[key]));
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
  const volumes = values("v");
  const value = sum(values("vw").map((price, index) => price * (volumes[index] ?? 0)));
  return {
    o: values("o")[0],
    h: Math.max(...values("h")),
    l: Math.min(...values("l")),
    c: values("c").at(-1),
    v: sum(volumes),
    n: sum(values("n")),
    vw: Math.round((value / sum(volumes)) * 1e6) / 1e6,
    t: bars[0]?.t ?? "",
  };
}

/** Describes where two values differ first. */
function firstDifference(seen: unknown, expected: unknown, path = "the answer"): string {
  const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
  if (isObject(seen) && isObject(expected)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(seen)])) {
      if (isDeepStrictEqual(seen[key], expected[key])) continue;
      return firstDifference(seen[key], expected[key], `${path}.${key}`);
    }
  }
  return `${path} must be ${JSON.stringify(expected)?.slice(0, 200)}, got ${JSON.stringify(seen)?.slice(0, 200)}`;
}
