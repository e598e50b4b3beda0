import { type AnyRecord, Codec, STOCK_SCHEMA, StockDataStream } from "@tickerplant/client";
import { FrameEncoder } from "@tickerplant/client/wire";
import { describe, expect, test } from "vitest";
import { oneOfEach, trade } from "../../../../../verify/shared/records.ts";
import { upstream } from "../../../src/feeds/upstream/upstream.ts";
import { feedOf, openServer } from "../../gateway/support/server.ts";

/** The wire's form of records, for comparing. */
function lines(records: readonly AnyRecord[]): string[] {
  const encoder = new FrameEncoder(Codec.JSON, STOCK_SCHEMA);
  return records.map((record) => Buffer.from(encoder.record(record)).toString());
}

describe.each([
  [Codec.MSGPACK, Codec.MSGPACK],
  [Codec.MSGPACK, Codec.JSON],
  [Codec.JSON, Codec.MSGPACK],
])("a relay of a relay, in %s and %s", (inner, outer) => {
  test("a client behind two relays gets every record of a feed with once, as it is and in order, and is closed normally", async () => {
    const records = [
      ...oneOfEach("A"),
      ...Array.from({ length: 60_000 }, (_, index) => trade(`S${index % 50}`, index)),
      ...oneOfEach("B"),
    ];
    await using origin = await openServer({ feeds: { iex: feedOf(records) }, once: true });
    const relayOf = (url: string, codec: Codec): ReturnType<typeof openServer> => {
      const feed = upstream({
        apiKey: "upstream-key",
        secretKey: "upstream-secret",
        urlOverride: url,
        codec,
        once: true,
      });
      return openServer({ feeds: { iex: feed }, once: true, keys: [{ key: "desk", secret: "desk-secret" }] });
    };
    await using first = await openServer({
      feeds: { iex: upstream({ apiKey: "k", secretKey: "s", urlOverride: origin.url, codec: inner, once: true }) },
      once: true,
      keys: [{ key: "upstream-key", secret: "upstream-secret" }],
    });
    await using second = await relayOf(first.url, outer);
    await using subject = new StockDataStream({
      apiKey: "desk",
      secretKey: "desk-secret",
      urlOverride: second.url,
      reconnect: false,
    });
    const received: AnyRecord[] = [];
    const all = Object.fromEntries(STOCK_SCHEMA.channels.map((channel) => [channel, ["*"]]));
    // Slower than the feed, so that each relay has to wait for the next.
    subject.subscribe(
      all,
      async (record) => {
        received.push(record as AnyRecord); // of a stream of stocks
        if (received.length % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
      },
      { concurrency: 1 },
    );
    await subject.run();
    expect(lines(received)).toEqual(lines(records));
    await Promise.all([origin, first, second].map(({ gateway }) => gateway.start()));
  });
});
