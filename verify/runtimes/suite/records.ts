import { type AnyRecord, Codec, type RawRecord, StockDataStream, SUBSCRIBABLE_CHANNELS } from "@tickerplant/client";
import { behaviour, type Case, isWebSocket, unlessWebSocket } from "./case.ts";
import { expect, expectEqual, expectThrow } from "./expect.ts";
import { EVERY_RECORD, EVERY_RECORD_SHOWN } from "./frames.ts";
import { Inbox } from "./inbox.ts";

const EVERYTHING = Object.fromEntries(
  [...SUBSCRIBABLE_CHANNELS, "corrections", "cancelErrors"].map((name) => [name, ["*"]]),
);

const CODECS = Object.values(Codec).map((codec) => ({
  codec,
  skipped: codec === Codec.JSON ? undefined : unlessWebSocket("cannot set the header that requests msgpack"),
}));

/** Records in both codecs. */
export const records: readonly Case[] = [
  ...CODECS.map(({ codec, skipped }) =>
    behaviour(
      `every record type arrives over ${codec} with its exact values`,
      async (setup) => {
        const gateway = await setup.gateway();
        const { stream, errors } = setup.subject(gateway, { codec });
        const arrived = new Inbox<AnyRecord>();
        stream.subscribe(EVERYTHING, arrived.push);
        await stream.connect();
        await gateway.publish(EVERY_RECORD);
        const all = await arrived.first(EVERY_RECORD_SHOWN.length);
        for (const [index, record] of all.entries()) {
          expectEqual(JSON.parse(JSON.stringify(record)), EVERY_RECORD_SHOWN[index], record.channel);
        }
        expectEqual(errors.items, [], "errors");
        const { events } = await gateway.report();
        expectEqual(events[0]?.codec, codec, "the codec of the connection");
      },
      skipped,
    ),
  ),

  ...CODECS.map(({ codec, skipped }) =>
    behaviour(
      `times over ${codec} have nanoseconds, and ids beyond 2^53 are bigints`,
      async (setup) => {
        const gateway = await setup.gateway();
        const { stream } = setup.subject(gateway, { codec });
        const corrections = new Inbox<{ originalId: unknown; correctedId: unknown }>();
        stream.registerTradeCorrections(corrections.push);
        const trades = stream.trades("AAPL", "BRK.B");
        await stream.connect();
        await gateway.publish(EVERY_RECORD);
        await trades.next(); // of AAPL
        const { value: trade } = await trades.next();
        if (trade === undefined) throw new Error("no trade");
        expectEqual(
          [trade.timestampNs, trade.timestamp.toISOString(), trade.id],
          [1_763_130_601_123_456_789n, "2025-11-14T14:30:01.123Z", 9_007_199_254_740_993n],
        );
        const [correction] = await corrections.first(1);
        expectEqual(
          [correction?.originalId, correction?.correctedId],
          [52_983_525_029_461, 18_446_744_073_709_551_615n],
        );
      },
      skipped,
    ),
  ),

  ...CODECS.map(({ codec, skipped }) =>
    behaviour(
      `raw data over ${codec} has the keys of the wire and every digit of its times`,
      async (setup) => {
        const gateway = await setup.gateway();
        const stream = new StockDataStream({
          apiKey: "key",
          secretKey: "secret",
          urlOverride: gateway.url,
          rawData: true,
          codec,
        });
        const arrived = new Inbox<RawRecord>();
        stream.subscribeTrades(arrived.push, "BRK.B");
        try {
          await stream.connect();
          await gateway.publish(EVERY_RECORD);
          const [trade] = await arrived.first(1);
          expectEqual(trade, {
            T: "t",
            S: "BRK.B",
            i: 9_007_199_254_740_993n,
            x: "N",
            p: 508,
            s: 7,
            c: [" "],
            t: "2025-11-14T14:30:01.123456789Z",
            z: "A",
          });
        } finally {
          await stream.close();
        }
      },
      skipped,
    ),
  ),

  behaviour("a codec that the platform cannot request is rejected at once", async (setup) => {
    const gateway = await setup.gateway();
    const make = (): unknown => setup.subject(gateway, { codec: Codec.MSGPACK });
    if (isWebSocket) expectThrow(make, "use json");
    else make();
  }),

  behaviour("the stream counts received records and bytes", async (setup) => {
    const gateway = await setup.gateway();
    const { stream } = setup.subject(gateway);
    const arrived = new Inbox<AnyRecord>();
    stream.subscribe(EVERYTHING, arrived.push);
    await stream.connect();
    await gateway.publish(EVERY_RECORD);
    await arrived.first(EVERY_RECORD_SHOWN.length);
    const { recordCount, records: counts, bytes, unreadable, lag } = stream.metrics;
    expectEqual([recordCount, counts.trades, counts.cancelErrors, unreadable], [11, 2, 1, 0]);
    expect(bytes > 500, `some bytes, got ${bytes}`);
    expect(JSON.stringify(lag).length > 2, "a lag");
  }),
];
