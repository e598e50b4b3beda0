import { StockHistory } from "@tickerplant/client/history";
import type { ChannelSymbols, MarketRecord } from "@tickerplant/client/wire";
import { describe, expect, test } from "vitest";
import { bar, quote, SECONDS, trade } from "../../../../verify/shared/records.ts";
import type { Feed, UpstreamAnswer, UpstreamHistory } from "../../src/feeds/feed.ts";
import { UPSTREAM_LIMITS } from "../../src/feeds/upstream-history/limits.ts";
import { UpstreamError } from "../../src/feeds/upstream-history/upstream-error.ts";
import { upstreamHistory } from "../../src/feeds/upstream-history/upstream-history.ts";
import { UpstreamRequests } from "../../src/feeds/upstream-history/upstream-requests.ts";
import type { GatewayEvent } from "../../src/gateway/gateway-events.ts";
import { DemandFeed } from "../gateway/support/demand-feed.ts";
import { MemoryPeer } from "../gateway/support/memory-peer.ts";
import { ScriptedUpstream } from "../gateway/support/scripted-upstream.ts";
import { KEY, openRest } from "./support/rest.ts";

/** A time so many seconds after that of the records, as a request has it. */
const at = (seconds: number): string => new Date((SECONDS + seconds) * 1000).toISOString();
const time = (seconds: number) => ({ seconds: SECONDS + seconds, nanos: 0 });
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const UPSTREAM: UpstreamAnswer = { status: 200, headers: {}, body: Buffer.from('{"from":"upstream"}') };

/** Three records of each channel, which show the market's time. */
function records(): MarketRecord[] {
  return [1, 2, 3].flatMap((count) => [
    trade("A", -count, time(0)),
    quote("A", count, time(0)),
    bar("A", "bars", count, time(0)),
  ]);
}

/** A relay whose client is subscribed to symbols, and whose channels show the market's time. */
async function openRelay(symbols: ChannelSymbols = { trades: ["A"], quotes: ["A"], bars: ["A"], updatedBars: ["A"] }) {
  const events: GatewayEvent[] = [];
  const feed = new ScriptedUpstream();
  feed.answer = () => UPSTREAM;
  const rest = await openRest({ feeds: { iex: feed }, onEvent: (event) => events.push(event) });
  rest.gateway.start().catch(() => {}); // a test may let it fail
  const peer = new MemoryPeer(rest.gateway).authenticate();
  peer.say({ action: "subscribe", ...symbols });
  await turn();
  feed.confirm();
  const publish = async (...records: MarketRecord[]): Promise<void> => {
    feed.publish(...records);
    await turn();
  };
  await publish(...records());
  /** Where a request was answered. */
  const source = async (target: string): Promise<"held" | "upstream" | number> => {
    const { status, text } = await rest.get(target);
    if (status !== 200) return status;
    return text === '{"from":"upstream"}' ? "upstream" : "held";
  };
  return { ...rest, feed, peer, publish, source, events };
}

const trades = (start: number, more = ""): string => `/v2/stocks/trades?symbols=A&feed=iex&start=${at(start)}${more}`;

describe("where a request for a range is answered", () => {
  test("a range since the feed has carried its symbols is answered from what is held, as complete", async () => {
    const { get, feed, publish } = await openRelay();
    await publish(trade("A", 2, time(1)), trade("A", 3, time(2)));
    const { status, headers, json } = await get(trades(1));
    expect(status).toBe(200);
    expect(json()).toMatchObject({ trades: { A: [{ i: 2 }, { i: 3 }] }, next_page_token: null });
    expect(headers["x-tickerplant-complete-from"]).toBeUndefined();
    expect(headers["x-tickerplant-wildcard"]).toBeUndefined();
    expect(feed.passed).toEqual([]);
  });

  test("a range that begins before that is passed upstream as a whole", async () => {
    const { source } = await openRelay();
    expect(await source(trades(0))).toBe("upstream");
    expect(await source(trades(1))).toBe("held");
  });

  test("one symbol that is not carried is enough to pass a request upstream", async () => {
    const { source } = await openRelay();
    expect(await source(trades(1).replace("symbols=A", "symbols=A,B"))).toBe("upstream");
    expect(await source(`/v2/stocks/B/trades?start=${at(1)}`)).toBe("upstream");
    expect(await source(`/v2/stocks/A/trades?start=${at(1)}`)).toBe("held");
  });

  test("a channel of all symbols answers for every symbol, and for *", async () => {
    const { source } = await openRelay({ trades: ["*"] });
    expect(await source(trades(1).replace("symbols=A", "symbols=A,B"))).toBe("held");
    expect(await source(trades(1).replace("symbols=A", "symbols=*"))).toBe("held");
    expect(await source(`/v2/stocks/quotes?symbols=A&start=${at(1)}`)).toBe("upstream");
  });

  test("minute bars need the updated bars, too, and days are upstream's", async () => {
    const bars = (more: string): string => `/v2/stocks/bars?symbols=A&start=${at(60)}${more}`;
    const whole = await openRelay();
    expect(await whole.source(bars("&timeframe=1Min"))).toBe("held");
    expect(await whole.source(bars("&timeframe=5Min&adjustment=raw"))).toBe("held");
    expect(await whole.source(bars("&timeframe=5Min&adjustment=split"))).toBe("upstream");
    expect(await whole.source(bars("&timeframe=1Day"))).toBe("upstream");
    expect(await whole.source(bars("&timeframe=1Year"))).toBe(400);
    const half = await openRelay({ bars: ["A"], trades: ["A"], quotes: ["A"] });
    expect(await half.source(bars("&timeframe=1Min"))).toBe("upstream");
  });

  test.each([
    ["&asof=-", "held"],
    ["&asof=2025-01-01", "upstream"],
    ["&currency=USD", "held"],
    ["&currency=EUR", "upstream"],
    ["&sort=desc", "held"],
    ["&end=2024-01-01", 400],
    ["&limit=0", 400],
  ])("a range with %s is answered by: %s", async (more, expected) => {
    const { source } = await openRelay();
    expect(await source(trades(1, more))).toBe(expected);
  });

  test("a gap that stays open moves the beginning of its symbols, and one that was filled does not", async () => {
    const { feed, source } = await openRelay({ trades: ["A", "B"] });
    const gap = { channel: "trades", from: new Date(0), to: new Date((SECONDS + 5) * 1000), cause: new Error("cut") };
    feed.gap({ ...gap, symbols: ["B"] });
    expect(await source(trades(1))).toBe("held");
    expect(await source(trades(1).replace("symbols=A", "symbols=B"))).toBe("upstream");
    expect(await source(trades(6).replace("symbols=A", "symbols=B"))).toBe("held");
  });

  test("what the last client has left is passed upstream, and held again only from its next confirmation on", async () => {
    const { peer, feed, publish, source } = await openRelay({ trades: ["A"] });
    peer.say({ action: "unsubscribe", trades: ["A"] });
    await turn();
    expect(await source(trades(1))).toBe("upstream");
    peer.say({ action: "subscribe", trades: ["A"] });
    await turn();
    feed.confirm();
    await publish(...[7, 8, 9].map((id) => trade("A", id, time(20))));
    expect(await source(trades(1))).toBe("upstream");
    expect(await source(trades(21))).toBe("held");
  });

  test("after a feed has failed, everything is passed upstream, and after it has ended it is held", async () => {
    const ended = await openRelay();
    ended.feed.end();
    await turn();
    expect(await ended.source(trades(1))).toBe("held");
    const failed = await openRelay();
    failed.feed.fail(new Error("the connection was rejected"));
    await turn();
    expect(await failed.source(trades(1))).toBe("upstream");
  });

  test("while the feed is not current, everything is passed upstream", async () => {
    const { feed, source } = await openRelay();
    feed.isCurrent = false;
    expect(await source(trades(1))).toBe("upstream");
    feed.isCurrent = true;
    expect(await source(trades(1))).toBe("held");
  });

  test("what had to make room for newer records is passed upstream", async () => {
    const { publish, source } = await openRelay({ trades: ["A"] });
    for (let hour = 0; hour < 30; hour++)
      await publish(...Array.from({ length: 1_100 }, (_, id) => trade("A", id, time(3_600 * hour + 1 + (id % 3_000)))));
    expect(await source(trades(1))).toBe("upstream");
    expect(await source(trades(3_600 * 20))).toBe("held");
  });
});

describe("pages", () => {
  test("a chain that began from what is held goes on there, and its token is never sent upstream", async () => {
    const { get, feed, publish } = await openRelay({ trades: ["A", "B"] });
    await publish(trade("A", 2, time(1)), trade("A", 3, time(2)), trade("B", 4, time(3)));
    const target = trades(1, "&limit=1").replace("symbols=A", "symbols=A,B");
    const first = (await get(target)).json();
    const second = (await get(`${target}&page_token=${first.next_page_token}`)).json();
    const third = (await get(`${target}&page_token=${second.next_page_token}`)).json();
    expect([first, second, third]).toMatchObject([
      { trades: { A: [{ i: 2 }] } },
      { trades: { A: [{ i: 3 }] } },
      { trades: { B: [{ i: 4 }] } },
    ]);
    expect(feed.passed).toEqual([]);
  });

  test("a page whose records are no longer held is an error: no chain goes on with a hole", async () => {
    const { get, feed, publish, source } = await openRelay();
    await publish(trade("A", 2, time(1)), trade("A", 3, time(2)));
    const token = (await get(trades(1, "&limit=1"))).json().next_page_token;
    feed.isCurrent = false;
    expect(await source(trades(1, `&limit=1&page_token=${token}`))).toBe(503);
    feed.isCurrent = true;
    const gap = { channel: "trades", symbols: ["*"], from: new Date(0), to: new Date((SECONDS + 9) * 1000) };
    feed.gap({ ...gap, cause: new Error("cut") });
    const { status, text } = await get(trades(1, `&limit=1&page_token=${token}`));
    expect([status, text]).toEqual([400, expect.stringContaining("the page_token has expired")]);
    expect(feed.passed).toEqual([]);
  });

  test("a chain that began upstream stays there, also in a range that is held", async () => {
    const { feed, source } = await openRelay();
    expect(await source(trades(1, "&page_token=QUFQTHw%3D"))).toBe("upstream");
    expect(feed.passed[0]?.target).toContain("page_token=QUFQTHw%3D");
  });
});

describe("where requests for the present are answered", () => {
  test("latest records are answered from what is held if they came while the symbol was carried", async () => {
    const { source, publish } = await openRelay();
    const latest = "/v2/stocks/trades/latest?symbols=A";
    expect(await source(latest)).toBe("upstream"); // the record may be older than the confirmation
    await publish(trade("A", 2, time(1)));
    expect(await source(latest)).toBe("held");
    expect(await source("/v2/stocks/A/trades/latest")).toBe("held");
    expect(await source(`${latest}&currency=EUR`)).toBe("upstream");
    expect(await source("/v2/stocks/trades/latest?symbols=A,B")).toBe("upstream");
  });

  test.each(["/v2/stocks/snapshots?symbols=A", "/v2/stocks/A/snapshot", "/v2/stocks/auctions?symbols=A"])(
    "%s is upstream's, because the stream does not bring all of it",
    async (target) => {
      const { source } = await openRelay();
      expect(await source(target)).toBe("upstream");
    },
  );

  test("exchanges and conditions are the gateway's own", async () => {
    const { get, feed } = await openRelay();
    expect((await get("/v2/stocks/meta/exchanges")).json()).toMatchObject({ V: expect.any(String) });
    expect(feed.passed).toEqual([]);
  });
});

describe("what is passed upstream", () => {
  test("the path and the known parameters are passed, always with the feed, and nothing else of the client", async () => {
    const { get, feed } = await openRelay();
    await get("/v2/stocks/BRK.B/trades?limit=5&start=2025-01-02T14%3A00%3A00%2B00%3A00&apca_api_key_id=KEY&x=1");
    await get("/v2/stocks/quotes/latest?symbols=A%2CB");
    expect(feed.passed.map(({ target }) => target)).toEqual([
      "/v2/stocks/BRK.B/trades?start=2025-01-02T14%3A00%3A00%2B00%3A00&limit=5&feed=iex",
      "/v2/stocks/quotes/latest?symbols=A%2CB&feed=iex",
    ]);
    expect(feed.passed.map(({ client }) => client)).toEqual(["KEY", "KEY"]);
  });

  test.each(["%2e%2e", "..%2F..%2Fv2", "A%3Fx", "A%20B", "%252e%252e"])(
    "the symbol %s, which would lead to another path of upstream, is rejected",
    async (symbol) => {
      const { get, feed } = await openRelay();
      expect((await get(`/v2/stocks/${symbol}/trades?start=${at(0)}`)).status).toBe(400);
      expect(feed.passed).toEqual([]);
    },
  );

  test("a gateway that closes ends what it has requested upstream", async () => {
    const { gateway, feed } = await openRelay();
    await gateway.close();
    expect(feed.closed).toBe(1);
  });

  test("the history of the delayed feed is that of sip, and its latest records are its own", async () => {
    const feed = new ScriptedUpstream();
    const { get } = await openRest({ feeds: { delayed_sip: feed } });
    await get("/v2/stocks/trades?symbols=A");
    await get("/v2/stocks/trades/latest?symbols=A&feed=sip");
    expect(feed.passed.map(({ target }) => target)).toEqual([
      "/v2/stocks/trades?symbols=A&feed=sip",
      "/v2/stocks/trades/latest?symbols=A&feed=delayed_sip",
    ]);
  });

  test("the path of crypto names its feed", async () => {
    const feed = new ScriptedUpstream();
    const { get } = await openRest({ feeds: { "crypto/us": feed } });
    await get("/v1beta3/crypto/us/trades?symbols=BTC%2FUSD&feed=sip");
    expect(feed.passed[0]?.target).toBe("/v1beta3/crypto/us/trades?symbols=BTC%2FUSD");
  });

  test("latest answers are kept for a second, and the past from the market's next day on", async () => {
    const { get, feed, publish } = await openRelay();
    const past = `/v2/stocks/trades?symbols=B&start=${at(-60)}&end=${at(-1)}`;
    await get(past);
    await publish(trade("A", 2, time(86_400)));
    await get(past);
    await get("/v2/stocks/quotes/latest?symbols=B");
    const { keepLatestMs, keepSettledMs } = UPSTREAM_LIMITS;
    expect(feed.passed.map(({ keepMs }) => keepMs)).toEqual([0, keepSettledMs, keepLatestMs]);
  });

  test("a key without the feed, and no key, are rejected before upstream is asked", async () => {
    const feed = new ScriptedUpstream();
    const keys = [{ key: "KEY", secret: "SECRET", feeds: ["sip" as const] }];
    const { get } = await openRest({ feeds: { iex: feed, sip: new ScriptedUpstream() }, keys });
    expect((await get("/v2/stocks/trades?symbols=A&feed=iex")).status).toBe(403);
    expect((await get("/v2/stocks/trades?symbols=A&feed=iex", {})).status).toBe(401);
    expect(feed.passed).toEqual([]);
  });

  test("upstream's errors about the request reach the client as they are, and its headers", async () => {
    const { get, feed } = await openRelay();
    feed.answer = () => ({ status: 400, headers: {}, body: Buffer.from('{"message":"invalid symbol: X1"}') });
    expect(await get("/v2/stocks/trades?symbols=X1")).toMatchObject({
      status: 400,
      text: '{"message":"invalid symbol: X1"}',
    });
    feed.answer = () => ({ ...UPSTREAM, headers: { "x-tickerplant-complete-from": "2025-01-02T15:00:00Z" } });
    const { headers } = await get("/v2/stocks/trades?symbols=B");
    expect(headers).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      "x-tickerplant-complete-from": "2025-01-02T15:00:00Z",
    });
  });

  test("that upstream rejects the gateway's own key is 502 for each client and one event, until it accepts it again", async () => {
    const { get, feed, events } = await openRelay();
    const rejected = (): readonly GatewayEvent[] => events.filter(({ type }) => type === "historyRejected");
    feed.answer = () => {
      throw new UpstreamError(502, "upstream rejects the gateway's own key (401)");
    };
    for (let sent = 0; sent < 2; sent++)
      expect(await get("/v2/stocks/trades?symbols=B")).toMatchObject({
        status: 502,
        text: '{"message":"upstream rejects the gateway\'s own key (401)"}',
      });
    expect(rejected()).toMatchObject([{ feed: "iex", error: { message: /own key/ } }]);
    feed.answer = () => UPSTREAM;
    await get("/v2/stocks/trades?symbols=B");
    expect(rejected()).toHaveLength(1);
  });

  test("an upstream in trouble is 503 with Retry-After, and no event", async () => {
    const { get, feed, events } = await openRelay();
    feed.answer = () => {
      throw new UpstreamError(503, "upstream fails (500)", 7);
    };
    const { status, headers } = await get("/v2/stocks/trades?symbols=B");
    expect([status, headers["retry-after"]]).toEqual([503, "7"]);
    expect(events.filter(({ type }) => type === "historyRejected")).toEqual([]);
  });
});

describe("a gateway as upstream", () => {
  const OWN = { key: "RELAYS-OWN-KEY-01234", secret: "the-relays-own-secret-at-upstream" };

  /** A feed with demand whose history is that of another gateway. */
  class Relayed extends DemandFeed implements Feed {
    readonly history: UpstreamHistory;

    constructor(urlOverride: string, secretKey = OWN.secret) {
      super();
      const requests = new UpstreamRequests();
      const options = { apiKey: OWN.key, secretKey, urlOverride, feed: "iex" as const };
      this.history = upstreamHistory(new StockHistory({ ...options, budget: requests.budget }), requests);
    }
  }

  async function openBoth(secretKey?: string) {
    const upstream = await openRest({ keys: [OWN] });
    void upstream.gateway.start();
    const feed = new Relayed(upstream.listener.url, secretKey);
    const events: GatewayEvent[] = [];
    const keys = [{ key: "KEY", secret: "SECRET" }];
    const relay = await openRest({ feeds: { iex: feed }, keys, onEvent: (event) => events.push(event) });
    void relay.gateway.start();
    return { upstream, relay, feed, events };
  }

  test("a client of the relay gets upstream's pages, in its own gzip, and follows them to the end", async () => {
    const { upstream, relay } = await openBoth();
    upstream.feed.publish(...Array.from({ length: 250 }, (_, id) => trade("A", id + 1, time(id))));
    const client = new StockHistory({
      apiKey: "KEY",
      secretKey: "SECRET",
      feed: "iex",
      urlOverride: relay.listener.url,
    });
    const found = await client.trades("A", { start: at(0), end: at(300) }).toArray();
    expect(found.map(({ id }) => id)).toEqual(Array.from({ length: 250 }, (_, id) => id + 1));
    const target = trades(0, `&end=${at(300)}&limit=100`);
    const first = await relay.get(target);
    const own = await upstream.get(target, { "apca-api-key-id": OWN.key, "apca-api-secret-key": OWN.secret });
    expect({ ...first.json(), next_page_token: "" }).toEqual({ ...own.json(), next_page_token: "" });
    const second = await relay.get(`${target}&page_token=${first.json().next_page_token}`);
    expect(second.json()).toMatchObject({
      trades: { A: expect.arrayContaining([expect.objectContaining({ i: 101 })]) },
    });
    const gzipped = await relay.get(target, { ...KEY, "accept-encoding": "gzip" });
    expect(gzipped.headers["content-encoding"]).toBe("gzip");
  });

  test("neither key reaches the other side, whatever goes wrong", async () => {
    const { relay, events } = await openBoth("a-wrong-secret-of-the-relay-0123456789");
    const answer = await relay.get("/v2/stocks/trades?symbols=A");
    expect(answer.status).toBe(502);
    expect(events.some(({ type }) => type === "historyRejected")).toBe(true);
    const shown = JSON.stringify([answer, events.map((event) => [event, "error" in event ? String(event.error) : ""])]);
    expect(shown).not.toMatch(/RELAYS-OWN|a-wrong-secret/);
  });

  test("a relay whose upstream is gone answers from what it holds", async () => {
    const { upstream, relay, feed } = await openBoth();
    const peer = new MemoryPeer(relay.gateway).authenticate("KEY", "SECRET");
    peer.say({ action: "subscribe", trades: ["A"] });
    await turn();
    feed.confirm();
    feed.publish(...records());
    await turn();
    feed.publish(trade("A", 2, time(1)));
    await upstream.listener.close(0);
    expect((await relay.get(trades(1))).json()).toMatchObject({ trades: { A: [{ i: 2 }] } });
  });

  test("a client with ?snapshot=1 gets the newest quote of upstream before its live records", async () => {
    const { upstream, relay, feed } = await openBoth();
    upstream.feed.publish(quote("A", 7));
    const peer = new MemoryPeer(relay.gateway, { url: "/v2/iex?snapshot=1" }).authenticate("KEY", "SECRET");
    peer.say({ action: "subscribe", quotes: ["A"] });
    await turn();
    feed.confirm();
    const messages: unknown[] = [];
    while (messages.length < 2) {
      await turn();
      messages.push(...peer.take());
    }
    expect(messages).toMatchObject([
      { T: "subscription", quotes: ["A"] },
      { T: "q", S: "A", bs: 7 },
    ]);
  });
});
