import { expect, test, vi } from "vitest";
import { quote, trade } from "../../../../verify/shared/records.ts";
import type { WarningEvent } from "../../src/index.ts";
import { open } from "../support/stream.ts";
import { manySymbols } from "../support/watched.ts";

function opened(): ReturnType<typeof open> & { readonly warnings: WarningEvent[] } {
  const warnings: WarningEvent[] = [];
  const stream = open();
  stream.stream.on("warning", (warning) => warnings.push(warning));
  return Object.assign(stream, { warnings });
}

test("a confirmed symbol in small letters is reported when its channel has brought others for ten seconds", async () => {
  const { stream, serving, clock, warnings, errors } = opened();
  stream.subscribeTrades(() => {}, "aapl", "MSFT");
  const session = await serving();
  for (let second = 0; second < 9; second++) {
    session.records(trade("MSFT"));
    await clock.advance(1000);
  }
  expect(warnings).toEqual([]);
  await clock.advance(1000);
  expect(warnings).toEqual([
    {
      code: "suspect_symbol",
      message:
        'no records came of "aapl", which the server confirmed 10 s ago. Stocks are spelt as Alpaca lists them, such as "AAPL" or "BRK.B": did you mean "AAPL"?',
      symbols: { trades: ["aapl"] },
    },
  ]);
  expect(errors).toEqual([]);
});

test("a suspect symbol is reported if it is the only subscription, too", async () => {
  const { stream, serving, clock, warnings } = opened();
  stream.subscribeTrades(() => {}, "aapl");
  await serving();
  await clock.advance(10_000);
  expect(warnings).toHaveLength(1);
});

test("a suspect symbol is reported once, across reconnects and later subscriptions", async () => {
  const { stream, serving, clock, gateway, warnings } = opened();
  stream.subscribeTrades(() => {}, "aapl");
  const first = await serving();
  await clock.advance(60_000);
  await stream.subscribeTrades(() => {}, "aapl").ready;
  await stream.subscribeQuotes(() => {}, "aapl").ready;
  await clock.advance(60_000);
  first.cut();
  await clock.advance(1000);
  (await gateway.handshake()).acknowledgeAll();
  await clock.advance(60_000);
  expect(warnings).toHaveLength(1);
});

test("several suspect symbols are reported together, by channel", async () => {
  const { stream, serving, clock, warnings } = opened();
  stream.subscribe({ trades: ["aapl", "msft"], quotes: ["aapl", "IBM", "*"] }, () => {});
  await serving();
  await clock.advance(10_000);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]?.symbols).toEqual({ trades: ["aapl", "msft"], quotes: ["aapl"] });
  expect(warnings[0]?.message).toContain('of "aapl", "msft", which');
});

test("the message about many suspect symbols names a few of them", async () => {
  const { stream, serving, clock, warnings } = opened();
  const symbols = manySymbols(2000).map((symbol) => symbol.toLowerCase());
  stream.subscribeTrades(() => {}, symbols);
  await serving();
  await clock.advance(10_000);
  expect(warnings[0]?.message).toContain('of "s0000", "s0001", "s0002", "s0003", "s0004" and ');
});

test.each(["Aapl", "msft", "brk.b", "s", "Msft.us"])("the symbol %s is suspect", async (symbol) => {
  const { stream, serving, clock, warnings } = opened();
  stream.subscribeTrades(() => {}, symbol);
  await serving();
  await clock.advance(10_000);
  expect(warnings[0]?.message).toContain(`did you mean "${symbol.toUpperCase()}"?`);
});

test.each([
  ["preferred shares, which have small letters behind a capital one", ["BACpL", "BRK.B", "BACp", "ABCpw"]],
  ["digits alone", ["1234"]],
  ["all symbols", ["*"]],
])("the symbols %s are not suspect", async (_, symbols) => {
  const { stream, serving, clock, warnings } = opened();
  stream.subscribeTrades(() => {}, symbols);
  await serving();
  await clock.advance(60_000);
  expect(warnings).toEqual([]);
});

test.each([
  ["Aapl", ': did you mean "AAPL"?'],
  ["BRK-B", ': did you mean "BRK.B"?'],
  ["BRK/B", ': did you mean "BRK.B"?'],
  ["brk.b", ': did you mean "BRK.B"?'],
  ["$AAPL", ': did you mean "AAPL"?'],
  ["^GSPC", ': did you mean "GSPC"?'],
  ["AAPL=F", 'or "BRK.B"'],
  ["AAPL%2CMSFT", 'or "BRK.B"'],
  ["AAPL260116C00250000", 'or "BRK.B"'],
  ["$", 'or "BRK.B"'],
])("the symbol %s, as other sources write it, is reported, too", async (symbol, hint) => {
  const { stream, serving, clock, warnings } = opened();
  stream.subscribeTrades(() => {}, symbol);
  await serving();
  await clock.advance(10_000);
  expect(warnings.map(({ message }) => message.endsWith(hint))).toEqual([true]);
});

test.each(["AAPL", "BRK.B", "BACpL", "ABCw", "AAC.WS", "G2161P124", "*"])(
  "the symbol %s is not suspect",
  async (symbol) => {
    const { stream, serving, clock, warnings } = opened();
    stream.subscribeTrades(() => {}, symbol);
    await serving();
    await clock.advance(60_000);
    expect(warnings).toEqual([]);
  },
);

test("a symbol of which a record came, in any channel, is not suspect", async () => {
  const { stream, serving, clock, warnings } = opened();
  stream.subscribe({ trades: ["aapl"], quotes: ["aapl"] }, () => {});
  const session = await serving();
  await clock.advance(5000);
  session.records(quote("aapl"));
  await clock.advance(60_000);
  expect(warnings).toEqual([]);
});

test("a symbol that the server has not confirmed, or rejected, is not suspect", async () => {
  const { stream, authenticated, clock, warnings } = opened();
  stream.subscribeTrades(() => {}, "aapl");
  const session = await authenticated();
  await session.expectSubscribe();
  await clock.advance(9000);
  session.error(400);
  await clock.advance(60_000);
  expect(warnings).toEqual([]);
});

test("the time of a suspect symbol counts from its confirmation on the open connection", async () => {
  const { stream, serving, clock, gateway, warnings } = opened();
  stream.subscribeTrades(() => {}, "aapl");
  const first = await serving();
  await clock.advance(9000);
  first.cut();
  await clock.advance(1000);
  const second = await gateway.handshake();
  await second.expectSubscribe();
  await clock.advance(5000);
  expect(warnings).toEqual([]);
  second.acknowledge();
  await clock.advance(9999);
  expect(warnings).toEqual([]);
  await clock.advance(1);
  expect(warnings).toHaveLength(1);
});

test("a symbol that is unsubscribed is not suspect", async () => {
  const { stream, serving, clock, warnings } = opened();
  const subscription = stream.subscribeTrades(() => {}, "aapl");
  await serving();
  await subscription.unsubscribe();
  await clock.advance(60_000);
  expect(warnings).toEqual([]);
});

test("a subscription to a symbol that is confirmed already is watched, too", async () => {
  const { stream, serving, clock, warnings } = opened();
  const first = stream.subscribeTrades(() => {}, "aapl");
  await serving();
  stream.subscribeTrades(() => {}, "aapl");
  await first.unsubscribe();
  await clock.advance(10_000);
  expect(warnings).toHaveLength(1);
});

test("a suspect symbol is logged by console.warn without a listener", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const { stream, serving, clock } = open();
  stream.subscribeTrades(() => {}, "aapl");
  await serving();
  await clock.advance(10_000);
  expect(warn.mock.calls).toEqual([[expect.stringMatching(/^warning \[suspect_symbol\]: no records came of "aapl"/)]]);
  warn.mockRestore();
});
