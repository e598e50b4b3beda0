import { CHANNELS } from "@tickerplant/client";
import { expect, test } from "vitest";
import { RECORD_FILE } from "../../../../../verify/shared/record-lines.ts";
import { serve, stream, temporaryFile } from "../support/cli.ts";

async function streamCsv(channels: string): Promise<Record<string, string>[]> {
  const file = temporaryFile("day.jsonl", RECORD_FILE);
  const { url } = await serve("--replay", file, "--speed", "max", "--once");
  const { stdout } = await stream(`${url}/v2/iex`, channels, "*", "--format", "csv", "--no-reconnect");
  const [header = [], ...rows] = parseCsv(stdout);
  return rows.map((row) => Object.fromEntries(header.map((name, index) => [name, row[index] ?? "absent"])));
}

test("CSV of one channel has the columns of that channel", async () => {
  const quotes = await streamCsv("quotes");
  expect(quotes).toEqual([
    {
      channel: "quotes",
      symbol: "AAPL",
      timestamp: "2025-11-14T14:30:00.100000000Z",
      bidExchange: "Q",
      bidPrice: "272.1",
      bidSize: "300",
      askExchange: " ",
      askPrice: "0",
      askSize: "0",
      conditions: "R",
      tape: "C",
      receivedNs: "",
    },
  ]);
});

test("CSV of trades has their corrections and cancels in the same table", async () => {
  const rows = await streamCsv("trades");
  expect(rows.map(({ channel }) => channel)).toEqual(["trades", "trades", "corrections", "cancelErrors"]);
  expect(rows[0]).toMatchObject({
    symbol: "AAPL",
    timestamp: "2025-11-14T14:30:00.000000001Z",
    id: "52983525029461",
    exchange: "D",
    price: "272.1234",
    size: "100",
    conditions: "@|I",
    tape: "C",
    receivedNs: "",
    correctedPrice: "",
    action: "",
  });
  expect(rows[1]).toMatchObject({ id: "9007199254740993", conditions: " " });
  expect(rows[2]).toMatchObject({ originalId: "52983525029461", correctedPrice: "272.12", price: "" });
  expect(rows[3]).toMatchObject({ id: "52983525029462", price: "272.12", action: "C" });
});

test("CSV of several channels is one table, in which missing fields are empty", async () => {
  const rows = await streamCsv("trades,quotes,dailyBars");
  expect(rows.map(({ channel }) => channel)).toEqual([
    "trades",
    "quotes",
    "trades",
    "corrections",
    "cancelErrors",
    "dailyBars",
  ]);
  expect(rows[1]).toMatchObject({ bidPrice: "272.1", askPrice: "0", askExchange: " ", price: "", vwap: "" });
  expect(rows[5]).toMatchObject({ open: "270", volume: "1234567", vwap: "271.9", bidPrice: "" });
});

test("CSV of every channel can be parsed again, including strings with quotes and commas", async () => {
  const rows = await streamCsv(CHANNELS.join());
  expect(rows).toHaveLength(11);
  expect(rows.find(({ channel }) => channel === "statuses")).toMatchObject({
    reasonMessage: 'Trading Halted; For "information" requested, by the exchange',
  });
  expect(rows.find(({ channel }) => channel === "corrections")).toMatchObject({ originalId: "52983525029461" });
});

/** Parses CSV by RFC 4180, without its rarer cases. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  const row: string[] = [];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/g)) {
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
    if (end === "\n") rows.push(row.splice(0));
  }
  return rows;
}
