import { describe, expect, test } from "vitest";
import { StockHistory, StreamError } from "../../src/index-history.ts";
import { VirtualClock } from "../../src/testing/index.ts";
import { HistoryServer, pageOf, serving, tradeAt } from "../support/history-server.ts";

function historyOf(server: HistoryServer): StockHistory {
  return new StockHistory({ apiKey: "k", secretKey: "s", fetch: server.fetch, clock: new VirtualClock() });
}

const settle = (): Promise<void> => new VirtualClock().settle();

describe("pages", () => {
  test("pages of history are requested by the token of the page before until it is null", async () => {
    const server = serving(
      pageOf("trades", { AAPL: [tradeAt(0), tradeAt(1)] }, "QUFQTHwx"),
      pageOf("trades", {}, "QUFQTHwy=="),
      pageOf("trades", { AAPL: [tradeAt(1, 2)], MSFT: [tradeAt(0)] }),
    );
    const trades = await historyOf(server).trades("AAPL", "MSFT").toArray();
    expect(trades.map(({ symbol, id }) => [symbol, id])).toEqual([
      ["AAPL", 0],
      ["AAPL", 1],
      ["AAPL", 2],
      ["MSFT", 0],
    ]);
    expect(server.queries.map(({ page_token }) => page_token)).toEqual([undefined, "QUFQTHwx", "QUFQTHwy=="]);
  });

  test("pages of history are requested one ahead: the second while the first is read, and the third only after it", async () => {
    const server = new HistoryServer((_, index) => ({
      body: pageOf("trades", { AAPL: [tradeAt(index), tradeAt(index)] }, index === 4 ? null : `token ${index}`),
    }));
    const trades = historyOf(server).trades("AAPL")[Symbol.asyncIterator]();
    await settle();
    expect(server.requests).toHaveLength(0);
    await trades.next();
    await settle();
    expect(server.requests).toHaveLength(2);
    await trades.next();
    await settle();
    expect(server.requests).toHaveLength(2);
    await trades.next();
    await settle();
    expect(server.requests).toHaveLength(3);
  });

  test("a page of history may hold null in place of its records", async () => {
    const server = serving('{"trades":null,"next_page_token":"a"}', '{"trades":{"AAPL":null},"next_page_token":null}');
    expect(await historyOf(server).trades("AAPL").toArray()).toEqual([]);
  });

  test("the keys of a page of history come in any order, and unknown ones are skipped", async () => {
    const server = serving(
      `{"next_page_token":null,"a_key_that_is_longer_than_any_symbol_may_be":[{}],"trades":{"AAPL":[${tradeAt(7)}]},"currency":"USD"}`,
    );
    expect(await historyOf(server).trades("AAPL").toArray()).toHaveLength(1);
  });
});

describe("a loop over records", () => {
  const twoPages = (): HistoryServer =>
    new HistoryServer((_, index) =>
      index === 0 ? { body: pageOf("trades", { AAPL: [tradeAt(0), tradeAt(1)] }, "next") } : undefined,
    );

  test("a loop over history that is left ends its requests", async () => {
    const server = twoPages();
    for await (const trade of historyOf(server).trades("AAPL")) {
      await settle(); // the second page is requested
      expect(trade.id).toBe(0);
      break;
    }
    expect([server.requests.length, server.aborted]).toEqual([2, 1]);
  });

  test("an aborted loop over history throws the signal's reason and leaves no request open", async () => {
    const server = twoPages();
    const controller = new AbortController();
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const { id } of historyOf(server).trades("AAPL", { signal: controller.signal })) seen.push(id);
    })();
    await settle();
    controller.abort(new Error("enough"));
    await expect(reading).rejects.toThrow("enough");
    expect([seen, server.aborted]).toEqual([[0, 1], 1]);
    await expect(historyOf(server).trades("AAPL", { signal: controller.signal }).toArray()).rejects.toThrow("enough");
    expect(server.requests).toHaveLength(2);
  });

  test("an aborted loop over history ends at once and drops what was read ahead", async () => {
    const server = new HistoryServer((_, index) => ({
      body: pageOf(
        "trades",
        { [`A${index}`]: [tradeAt(0), tradeAt(0)], [`B${index}`]: [tradeAt(0)] },
        `token ${index}`,
      ),
    }));
    for (const read of ["records", "batches"] as const) {
      const controller = new AbortController();
      const trades = historyOf(server).trades("AAPL", "MSFT", { signal: controller.signal });
      let pulled = 0;
      const reading = (async () => {
        for await (const _ of read === "records" ? trades : trades.batches()) {
          pulled++;
          await settle(); // the second page has arrived
          controller.abort(new Error("enough"));
        }
      })();
      await expect(reading).rejects.toThrow("enough");
      expect(pulled).toBe(1);
    }
  });

  test("each loop over the same history starts anew", async () => {
    const server = new HistoryServer(() => ({ body: pageOf("trades", { AAPL: [tradeAt(3)] }) }));
    const trades = historyOf(server).trades("AAPL");
    expect([(await trades.toArray()).length, (await trades.toArray()).length]).toEqual([1, 1]);
    expect(server.requests).toHaveLength(2);
  });

  test("calls of next that do not wait for each other return the records of history in order", async () => {
    const server = serving(
      pageOf("trades", { AAPL: [tradeAt(0), tradeAt(1)] }, "next"),
      pageOf("trades", { AAPL: [tradeAt(2)] }),
    );
    const trades = historyOf(server).trades("AAPL")[Symbol.asyncIterator]();
    const pulled = await Promise.all(Array.from({ length: 5 }, () => trades.next()));
    expect(pulled.map(({ value }) => value?.id)).toEqual([0, 1, 2, undefined, undefined]);
  });

  test("a loop over history ends after an error", async () => {
    const trades = historyOf(serving("[]")).trades("AAPL")[Symbol.asyncIterator]();
    await expect(trades.next()).rejects.toThrow(StreamError);
    expect(await trades.next()).toEqual({ done: true, value: undefined });
  });
});

test("batches of history are the same records in arrays, one for each symbol of a page", async () => {
  const server = serving(
    pageOf("trades", { AAPL: [tradeAt(0), tradeAt(1)], MSFT: [tradeAt(0)] }, "next"),
    pageOf("trades", { MSFT: [tradeAt(1)], TSLA: [] }),
  );
  const sizes: [string | undefined, number][] = [];
  for await (const batch of historyOf(server).trades("AAPL", "MSFT", "TSLA").batches())
    sizes.push([batch[0]?.symbol, batch.length]);
  expect(sizes).toEqual([
    ["AAPL", 2],
    ["MSFT", 1],
    ["MSFT", 1],
  ]);
});

describe("a limit", () => {
  test("the limit of history counts the records of all pages and symbols, and no page is requested beyond it", async () => {
    const server = serving(
      pageOf("trades", { AAPL: [tradeAt(0), tradeAt(1)] }, "next"),
      pageOf("trades", { AAPL: [tradeAt(2)] }, "more"),
    );
    expect(await historyOf(server).trades("AAPL", { limit: 3 }).toArray()).toHaveLength(3);
    expect(server.queries.map(({ limit }) => limit)).toEqual(["3", "1"]);
  });

  test("the limit of history holds if the server sends more", async () => {
    const server = serving(pageOf("trades", { AAPL: [tradeAt(0), tradeAt(1)], MSFT: [tradeAt(0)] }, "next"));
    expect(await historyOf(server).trades("AAPL", "MSFT", { limit: 1 }).toArray()).toHaveLength(1);
  });

  test("a limit of history of more than a page is requested in whole pages", async () => {
    const server = serving(pageOf("trades", {}));
    await historyOf(server).trades("AAPL", { limit: 20_001 }).toArray();
    expect(server.queries[0]?.limit).toBe("10000");
  });
});

test("the history of more than 100 symbols is requested in parts, in their order", async () => {
  const symbols = Array.from({ length: 101 }, (_, index) => `S${String(200 - index)}`);
  const server = new HistoryServer(({ url }) => {
    const named = url.searchParams.get("symbols")?.split(",") ?? [];
    return { body: pageOf("trades", Object.fromEntries(named.map((symbol) => [symbol, [tradeAt(0)]]))) };
  });
  const trades = await historyOf(server).trades(symbols).toArray();
  expect(trades.map(({ symbol }) => symbol)).toEqual(symbols.toSorted());
  expect(server.queries.map(({ symbols: named }) => named?.split(",").length)).toEqual([100, 1]);
});

describe("pages that contradict each other", () => {
  const cases: [string, string[], RegExp, ("asc" | "desc")?][] = [
    ["a time that goes back", [pageOf("trades", { A: [tradeAt(2), tradeAt(1)] })], /A at .*:01.* follows one at .*:02/],
    [
      "a time that goes back from page to page",
      [pageOf("trades", { A: [tradeAt(2)] }, "next"), pageOf("trades", { A: [tradeAt(1)] })],
      /follows one at/,
    ],
    [
      "a time that goes forward, the newest first",
      [pageOf("trades", { A: [tradeAt(1), tradeAt(2)] })],
      /follows/,
      "desc",
    ],
    [
      "a symbol that had ended",
      [pageOf("trades", { A: [tradeAt(1)], B: [tradeAt(1)] }, "next"), pageOf("trades", { A: [tradeAt(2)] })],
      /A comes again after another symbol/,
    ],
    [
      "a token that was followed before",
      [pageOf("trades", {}, "one"), pageOf("trades", {}, "two"), pageOf("trades", {}, "one")],
      /token of an earlier page again/,
    ],
    ["a record of another symbol", [pageOf("trades", { A: [tradeAt(1, 1, ',"S":"B"')] })], /expected a record of A/],
    ["a record without a time", [pageOf("trades", { A: ['{"p":1}'] })], /record 1 of A: expected a time t/],
    ["no key of the channel", ['{"bars":{},"next_page_token":null}'], /expected the key trades/],
    ["an answer that is no object", ["[]"], /cannot be used/],
    ["an answer that is cut off", [pageOf("trades", { A: [tradeAt(1)] }).slice(0, -30)], /cannot be used/],
    ["bytes behind the answer", [`${pageOf("trades", {})}x`], /cannot be used/],
  ];
  test.each(cases)("a page of history with %s is the error bad_page", async (_what, pages, message, sort = "asc") => {
    const failed = await historyOf(serving(...pages))
      .trades("A", "B", { sort })
      .toArray()
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(StreamError);
    expect(failed).toMatchObject({ code: "bad_page", terminal: true, message: expect.stringMatching(message) });
  });

  test("a page of history may have equal times, and the newest first if that was requested", async () => {
    const server = serving(
      pageOf("trades", { A: [tradeAt(2, 1), tradeAt(2, 2), tradeAt(1)] }, "next"),
      pageOf("trades", { A: [tradeAt(0)] }),
    );
    expect(await historyOf(server).trades("A", { sort: "desc" }).toArray()).toHaveLength(4);
    expect(server.queries[0]?.sort).toBe("desc");
  });
});
