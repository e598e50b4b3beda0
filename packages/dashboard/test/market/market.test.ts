import { StockDataStream } from "@tickerplant/client";
import { StockHistory } from "@tickerplant/client/history";
import { ScriptedGateway, VirtualClock } from "@tickerplant/client/testing";
import { expect, test } from "vitest";
import { MAX_SYMBOLS } from "../../src/market/limits.ts";
import { Market, type Source } from "../../src/market/market.ts";
import { quote, SECONDS, trade } from "./fixture/trades.ts";

function bench(source: Source = "simulated") {
  const clock = new VirtualClock();
  const gateway = new ScriptedGateway();
  const keys = { apiKey: "key", secretKey: "secret" };
  const stream = new StockDataStream({
    ...keys,
    urlOverride: "ws://gateway/v2/iex",
    clock,
    connector: gateway.connector,
  });
  const noHistory = async () => new Response('{"message":"not found"}', { status: 404 });
  const history = new StockHistory({ ...keys, urlOverride: "http://gateway", fetch: noHistory, clock });
  let changes = 0;
  const market = new Market({ stream, history, source, changed: () => changes++ });
  stream.run().catch(() => {}); // the market's connection shows the end
  return { clock, gateway, stream, market, changes: () => changes };
}

test("a watched symbol gets its records, and each requests a frame", async () => {
  const { clock, gateway, market, stream, changes } = bench();
  market.add("GME");
  const session = await gateway.handshake();
  expect(await session.expectSubscribe()).toMatchObject({ trades: ["GME"], quotes: ["GME"], lulds: ["GME"] });
  session.acknowledge();
  const before = changes();
  session.records(quote(25.17, 25.18), trade({ price: 25.18 }));
  await clock.settle();
  expect(market.symbols.get("GME")).toMatchObject({ last: 25.18, recordCount: 2 });
  expect(changes()).toBeGreaterThan(before);
  expect(market.isStale).toBe(false);
  await stream.close();
});

test("the first symbol is selected, and the next one when the selected one is removed", () => {
  const { market } = bench();
  for (const symbol of ["SPY", "GME", "AMC"]) market.add(symbol);
  expect(market.selected?.symbol).toBe("SPY");
  market.select("GME");
  market.remove("GME");
  expect(market.selected?.symbol).toBe("AMC");
  market.remove("AMC");
  expect(market.selected?.symbol).toBe("SPY");
  market.remove("SPY");
  expect(market.selected).toBeUndefined();
});

test("a symbol that the server rejects has its words", async () => {
  const { clock, gateway, market, stream } = bench();
  market.add("NVDQX");
  const session = await gateway.handshake();
  await session.expectSubscribe();
  session.error(405, "symbol limit exceeded");
  await clock.settle();
  market.check(0);
  expect(market.symbols.get("NVDQX")?.state).toBe("rejected");
  expect(market.symbols.get("NVDQX")?.rejection).toMatchObject({ serverCode: 405 });
  await stream.close();
});

test("a rejected key ends the connection with the cause", async () => {
  const { clock, gateway, market } = bench();
  const session = await gateway.accept();
  session.welcome();
  await session.expectAuth();
  session.error(402, "auth failed");
  await clock.settle();
  expect(market.connection).toMatchObject({ state: "ended", cause: { serverCode: 402 } });
});

test("a string that is no symbol is rejected, and so is one symbol too many", () => {
  const { market } = bench();
  expect(() => market.add("<img onerror>")).toThrow(TypeError);
  expect(market.symbols.size).toBe(0);
  for (let index = 0; index < MAX_SYMBOLS; index++) market.add(`S${index}`);
  expect(() => market.add("GME")).toThrow(RangeError);
});

test("the time of a replay is that of its newest quote", async () => {
  const { clock, gateway, market, stream } = bench("replay");
  market.add("GME");
  expect(market.nowMs()).toBeUndefined();
  const session = await gateway.handshake();
  await session.expectSubscribe();
  session.acknowledge();
  session.records(quote(25.17, 25.18));
  await clock.settle();
  expect(Math.floor((market.nowMs() ?? 0) / 1000)).toBe(SECONDS);
  await stream.close();
});
