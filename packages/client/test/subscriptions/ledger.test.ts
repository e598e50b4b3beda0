import { expect, test } from "vitest";
import * as LIMITS from "../../src/limits.ts";
import { type Channel, SUBSCRIBABLE_CHANNELS } from "../../src/stocks/channels.ts";
import { STOCK_SCHEMA } from "../../src/stocks/stock-schema.ts";
import { SubscriptionLedger } from "../../src/subscriptions/ledger.ts";
import { Codec, FrameEncoder, StreamError, WIRE_LIMITS } from "../../src/wire/index.ts";

const LATER_MS = 10_000;

/** Lets the ledger ask until it has nothing to ask, and confirms everything. */
function confirmAll(ledger: SubscriptionLedger, symbols: Map<Channel, Set<string>> = new Map()): void {
  for (let request = ledger.next(LATER_MS); request !== undefined; request = ledger.next(LATER_MS)) {
    if (request.action === "auth") continue;
    for (const channel of SUBSCRIBABLE_CHANNELS) {
      const list = symbols.get(channel) ?? new Set();
      symbols.set(channel, list);
      for (const symbol of request.symbols[channel] ?? []) {
        if (request.action === "subscribe") list.add(symbol);
        else list.delete(symbol);
      }
    }
    ledger.acknowledge(Object.fromEntries([...symbols].map(([channel, list]) => [channel, [...list]])));
  }
}

test("an entry without a subscription is removed", () => {
  const ledger = new SubscriptionLedger(STOCK_SCHEMA.subscribable);
  const symbols = Array.from({ length: 1000 }, (_, index) => `S${index}`);
  const confirmed = new Map<Channel, Set<string>>();
  for (let round = 0; round < 3; round++) {
    const entries = ledger.want("trades", symbols);
    confirmAll(ledger, confirmed);
    expect(entries.every(({ state }) => state === "active")).toBe(true);
    ledger.release(entries);
    confirmAll(ledger, confirmed);
    expect(symbols.some((symbol) => ledger.find("trades", symbol) !== undefined)).toBe(false);
    expect(ledger.isSettled).toBe(true);
  }
});

test("a symbol whose request was not answered is unsubscribed when it is released", () => {
  const ledger = new SubscriptionLedger(STOCK_SCHEMA.subscribable);
  const entries = ledger.want("trades", ["AAPL"]);
  ledger.next(LATER_MS);
  expect(ledger.timeOut()?.code).toBe("ack_timeout");
  ledger.release(entries);
  expect(ledger.next(LATER_MS)).toMatchObject({ action: "unsubscribe", symbols: { trades: ["AAPL"] } });
  ledger.acknowledge({});
  expect(ledger.find("trades", "AAPL")).toBeUndefined();
});

test("a symbol that was not answered in time and then rejected stays rejected, with its reason", () => {
  const ledger = new SubscriptionLedger(STOCK_SCHEMA.subscribable);
  const [entry] = ledger.want("trades", ["AAPL"]);
  ledger.next(LATER_MS);
  ledger.timeOut();
  ledger.acknowledge({ trades: ["AAPL"] }); // late
  ledger.acknowledge({}); // dropped by the server, so it is requested again
  ledger.next(LATER_MS);
  expect(ledger.acknowledge({}).error?.code).toBe("not_confirmed");
  ledger.want("bars", ["AAPL"]);
  expect(entry).toMatchObject({ state: "rejected", error: { code: "not_confirmed" } });
  expect(ledger.next(LATER_MS)).toMatchObject({ symbols: { bars: ["AAPL"] } });
});

test("what the server has and no subscription holds is unsubscribed, once on a connection", () => {
  const ledger = new SubscriptionLedger(STOCK_SCHEMA.subscribable);
  const entries = ledger.want("trades", ["AAPL"]);
  ledger.next(LATER_MS);
  ledger.reject(StreamError.fromServer(429, "")); // it answers nothing: the server grants the request
  ledger.release(entries);
  expect(ledger.next(LATER_MS)).toBeUndefined();
  ledger.acknowledge({ trades: ["AAPL"] });
  expect(ledger.next(LATER_MS)).toMatchObject({ action: "unsubscribe", symbols: { trades: ["AAPL"] } });
  ledger.reject(StreamError.fromServer(429, ""));
  ledger.acknowledge({ trades: ["AAPL"] });
  expect(ledger.next(LATER_MS)).toBeUndefined();
  expect(ledger.isSettled).toBe(true);

  ledger.release(ledger.want("trades", ["AAPL"])); // requested and released meanwhile
  ledger.acknowledge({ trades: ["AAPL"] });
  expect(ledger.next(LATER_MS)).toMatchObject({ action: "unsubscribe", symbols: { trades: ["AAPL"] } });
});

test("what is wanted while it is unsubscribed as unwanted, and released again, is unsubscribed again", () => {
  const ledger = new SubscriptionLedger(STOCK_SCHEMA.subscribable);
  ledger.acknowledge({ trades: ["AAPL"] });
  const entries = ledger.want("trades", ["AAPL"]);
  ledger.acknowledge({}); // the server no longer has it, and is asked for it
  ledger.next(LATER_MS);
  ledger.reject(StreamError.fromServer(429, "")); // it answers nothing: the server grants the request
  ledger.release(entries);
  ledger.acknowledge({ trades: ["AAPL"] });
  expect(ledger.next(LATER_MS)).toMatchObject({ action: "unsubscribe", symbols: { trades: ["AAPL"] } });
});

test("what the server has already is not requested when it becomes wanted", () => {
  const ledger = new SubscriptionLedger(STOCK_SCHEMA.subscribable);
  ledger.acknowledge({ trades: ["AAPL"] });
  const [entry] = ledger.want("trades", ["AAPL"]);
  expect(entry?.state).toBe("active");
  expect(ledger.next(LATER_MS)).toBeUndefined();
});

test("what is confirmed while its rejected request is split is not requested again, and stays active", () => {
  const ledger = new SubscriptionLedger(STOCK_SCHEMA.subscribable);
  const entries = [...ledger.want("trades", ["AAPL"]), ...ledger.want("quotes", ["*"])]; // two calls
  ledger.next(LATER_MS);
  expect(ledger.reject(StreamError.fromServer(405, ""))).toBeUndefined(); // it answers nothing
  expect(ledger.next(LATER_MS)).toMatchObject({ action: "subscribe", symbols: { trades: ["AAPL"] } });
  ledger.acknowledge({ trades: ["AAPL"], quotes: ["*"] });
  expect(ledger.next(LATER_MS)).toBeUndefined();
  expect(entries.map(({ state }) => state)).toEqual(["active", "active"]);
});

test("what was unanswered, then rejected, is gone at once when it is released without a connection", async () => {
  const ledger = new SubscriptionLedger(STOCK_SCHEMA.subscribable);
  const entries = ledger.want("trades", ["AAPL"]);
  ledger.next(LATER_MS);
  ledger.timeOut();
  ledger.want("quotes", ["AAPL"]); // asks for it again
  ledger.next(LATER_MS);
  ledger.reject(StreamError.fromServer(405, ""));
  ledger.next(LATER_MS);
  ledger.reject(StreamError.fromServer(405, ""));
  expect(entries[0]?.state).toBe("rejected");
  ledger.connectionLost(undefined);
  ledger.release(entries);
  await ledger.waiters.wait(entries, "gone");
  expect(ledger.find("trades", "AAPL")).toBeUndefined();
});

test("requests of the longest symbols on every channel stay within the limit in both codecs", () => {
  const ledger = new SubscriptionLedger(STOCK_SCHEMA.subscribable);
  const longest = Array.from({ length: 1000 }, (_, index) => String(index).padStart(WIRE_LIMITS.maxSymbolBytes, "X"));
  for (const channel of SUBSCRIBABLE_CHANNELS) ledger.want(channel, longest);
  let asked = 0;
  for (let request = ledger.next(LATER_MS); request !== undefined; request = ledger.next(LATER_MS)) {
    if (request.action === "auth") continue;
    for (const codec of Object.values(Codec)) {
      expect(new FrameEncoder(codec, STOCK_SCHEMA).clientFrame(request).length).toBeLessThanOrEqual(
        WIRE_LIMITS.maxRequestBytes,
      );
    }
    asked += Object.values(request.symbols).flat().length;
    ledger.reject(StreamError.fromServer(405, ""));
  }
  expect(asked).toBeGreaterThanOrEqual(8000);
});

test("an answer to nothing, a rejection of nothing and a deadline of nothing are harmless", () => {
  const ledger = new SubscriptionLedger(STOCK_SCHEMA.subscribable);
  ledger.acknowledge({ trades: ["AAPL"] });
  const error = StreamError.fromServer(405, "");
  expect(ledger.reject(error)).toBe(error);
  expect(ledger.timeOut()).toBeUndefined();
  ledger.connectionLost({ heard: { marketMs: 0, sinceMs: 0 }, cause: error });
  expect(ledger.next(LATER_MS)).toBeUndefined();
  expect(ledger.isSettled).toBe(true);
});

test("a symbol that was requested, unsubscribed and requested again is active by the last answer alone", () => {
  const ledger = new SubscriptionLedger(STOCK_SCHEMA.subscribable);
  const given = ledger.want("trades", ["AAPL"]);
  ledger.next(LATER_MS);
  ledger.timeOut();
  ledger.release(given);
  ledger.next(LATER_MS);
  ledger.timeOut();
  const [entry] = ledger.want("trades", ["AAPL"]);
  expect(ledger.next(LATER_MS)).toMatchObject({ action: "subscribe" });
  ledger.acknowledge({ trades: ["AAPL"] }); // to the first request
  expect(entry?.state).toBe("requested");
  ledger.acknowledge({ trades: [] }); // to the second
  expect(entry?.state).toBe("requested");
  ledger.acknowledge({ trades: ["AAPL"] });
  expect(entry?.state).toBe("active");
});

test("an answer that never came is not awaited forever", () => {
  const ledger = new SubscriptionLedger(STOCK_SCHEMA.subscribable);
  const given = ledger.want("trades", ["AAPL"]);
  ledger.next(LATER_MS);
  ledger.acknowledge({ trades: ["AAPL"] });
  ledger.release(given);
  ledger.next(LATER_MS);
  ledger.timeOut();
  const entries = ledger.want("trades", ["AAPL"]);
  ledger.next(LATER_MS);
  ledger.timeOut();
  ledger.want("bars", ["AAPL"]); // asks for both
  ledger.next(LATER_MS + LIMITS.lateAnswerMs);
  ledger.acknowledge({ trades: ["AAPL"], bars: ["AAPL"] });
  expect(entries[0]?.state).toBe("active");
  expect(ledger.isSettled).toBe(true);
});

test("a symbol that is wanted again while its unsubscribe is not answered counts as new", () => {
  const ledger = new SubscriptionLedger(STOCK_SCHEMA.subscribable);
  const [entry] = ledger.want("trades", ["A"]);
  ledger.next(LATER_MS);
  ledger.acknowledge({ trades: ["A"] }, 1_000);
  expect(entry?.sinceMs).toBe(1_000);
  ledger.release(entry === undefined ? [] : [entry]);
  ledger.next(LATER_MS);
  ledger.timeOut();
  expect(ledger.want("trades", ["A"])).toEqual([entry]);
  ledger.next(LATER_MS);
  ledger.acknowledge({ trades: ["A"] }, 20_000);
  expect(entry).toMatchObject({ state: "active", sinceMs: 20_000 });
});

test("a symbol that is wanted again before it was unsubscribed counts as new from the next answer on", () => {
  const ledger = new SubscriptionLedger(STOCK_SCHEMA.subscribable);
  const [entry] = ledger.want("trades", ["A"]);
  ledger.next(LATER_MS);
  ledger.acknowledge({ trades: ["A"] }, 1_000);
  ledger.want("trades", ["B"]);
  ledger.next(LATER_MS); // an unsubscribe waits for the answer to this
  ledger.release(entry === undefined ? [] : [entry]);
  ledger.want("trades", ["A"]);
  ledger.acknowledge({ trades: ["A", "B"] }, 3_000);
  expect(entry).toMatchObject({ state: "active", sinceMs: 3_000 });
  expect(ledger.next(LATER_MS)).toBeUndefined();
});

test("a symbol that the server drops is reported and requested again", () => {
  const ledger = new SubscriptionLedger(STOCK_SCHEMA.subscribable);
  const entries = ledger.want("trades", ["AAPL", "MSFT"]);
  ledger.next(LATER_MS);
  ledger.acknowledge({ trades: ["AAPL", "MSFT"] });
  expect(ledger.acknowledge({ trades: ["MSFT"] }).withdrawn).toEqual([entries[0]]);
  expect(ledger.next(LATER_MS)).toMatchObject({ action: "subscribe", symbols: { trades: ["AAPL"] } });
});

test("an answer that still lists what was unsubscribed leaves the unsubscribe open", () => {
  const ledger = new SubscriptionLedger(STOCK_SCHEMA.subscribable);
  ledger.want("quotes", ["MSFT"]);
  const given = ledger.want("trades", ["AAPL"]);
  ledger.next(LATER_MS);
  ledger.acknowledge({ trades: ["AAPL"], quotes: ["MSFT"] });
  ledger.release(given);
  ledger.next(LATER_MS);
  ledger.acknowledge({ trades: ["AAPL"], quotes: ["MSFT"] }); // to an earlier request, after an error out of the blue
  expect(ledger.isAwaitingAnswer).toBe(true);
  const [entry] = ledger.want("trades", ["AAPL"]);
  expect(entry?.state).toBe("wanted");
  ledger.acknowledge({ quotes: ["MSFT"] });
  expect(ledger.next(LATER_MS)).toMatchObject({ action: "subscribe", symbols: { trades: ["AAPL"] } });
});

test("what was unsubscribed as unwanted is unsubscribed again when the server grants a late request for it", () => {
  const ledger = new SubscriptionLedger(STOCK_SCHEMA.subscribable);
  ledger.acknowledge({ quotes: ["*"] });
  expect(ledger.next(LATER_MS)).toMatchObject({ action: "unsubscribe", symbols: { quotes: ["*"] } });
  ledger.acknowledge({});
  ledger.acknowledge({ quotes: ["*"] });
  expect(ledger.next(LATER_MS)).toMatchObject({ action: "unsubscribe", symbols: { quotes: ["*"] } });
});
