import { isFromHistory, type Trade } from "@tickerplant/client";
import { StockHistory } from "@tickerplant/client/history";
import { behaviour, type Case } from "./case.ts";
import type { RemoteGateway } from "./control.ts";
import { expect, expectEqual } from "./expect.ts";
import { Inbox } from "./inbox.ts";

/** Exact only as a `bigint`. */
const LARGE_ID = "9007199254740993";

/** History over the platform's `fetch`, from the gateway of the stream. */
export const history: readonly Case[] = [
  behaviour("a gap is filled from history, once and in order", async (setup) => {
    const gateway = await setup.gateway({ faults: { cutAfterRecords: 3 } });
    const { stream, statuses, errors } = setup.subject(gateway, { history: historyOf(gateway) });
    const trades = new Inbox<Trade>();
    const filled = new Inbox<readonly string[]>();
    stream.on("gapFilled", ({ symbols }) => filled.push(symbols));
    stream.on("gapOpen", ({ cause }) => errors.push(cause));
    const subscription = stream.subscribeTrades(trades.push, "AAPL");
    await stream.connect();
    await gateway.publish(tradesNow([1, 2, 3, 4, 5, 6, LARGE_ID]));
    await statuses.find(({ state }) => state === "reconnecting", "a lost connection");
    await gateway.setFaults({});
    await stream.connect();
    await subscription.ready;
    await gateway.publish(tradesNow([7]));
    expectEqual(await filled.first(1), [["AAPL"]]);
    await trades.find(({ id }) => id === 7, "the trade behind the gap");
    expectEqual(
      trades.items.map(({ id }) => String(id)),
      ["1", "2", "3", "4", "5", "6", LARGE_ID, "7"],
    );
    expect(trades.items.some(isFromHistory), "trades of history");
    expectEqual(errors.items, [], "errors");
  }),

  behaviour("a subscription begins in the past, and goes on with the present", async (setup) => {
    const gateway = await setup.gateway();
    const { stream, errors } = setup.subject(gateway, { history: historyOf(gateway) });
    const from = new Date();
    await stream.connect();
    await gateway.publish(tradesNow([1, 2, 3]));
    const trades = new Inbox<Trade>();
    const subscription = stream.subscribeTrades(trades.push, "AAPL", { from });
    await subscription.ready;
    await gateway.publish(tradesNow([4, 5]));
    await trades.first(5);
    await gateway.publish(tradesNow([6]));
    await trades.first(6);
    expectEqual(
      trades.items.map(({ id }) => id),
      [1, 2, 3, 4, 5, 6],
    );
    expectEqual(errors.items, [], "errors");
  }),
];

function historyOf(gateway: RemoteGateway): StockHistory {
  return new StockHistory({
    apiKey: "key",
    secretKey: "secret",
    urlOverride: gateway.url.replace(/^ws(.*)\/v2\/iex$/, "http$1"),
  });
}

/** A JSON frame of trades of this moment, a nanosecond apart. */
function tradesNow(ids: readonly (number | string)[]): string {
  const t = new Date().toISOString().slice(0, -1);
  const trades = ids.map(
    (id, index) =>
      `{"T":"t","S":"AAPL","i":${id},"x":"V","p":101.25,"s":100,"c":["@"],"t":"${t}${String(index).padStart(6, "0")}Z","z":"C"}`,
  );
  return `[${trades.join(",")}]`;
}
