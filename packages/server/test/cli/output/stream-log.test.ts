import { PassThrough } from "node:stream";
import { StockDataStream } from "@tickerplant/client";
import { ScriptedGateway, VirtualClock } from "@tickerplant/client/testing";
import { expect, test } from "vitest";
import { Log } from "../../../src/cli/output/log.ts";
import { logStream } from "../../../src/cli/output/stream-log.ts";

test("a symbol that may be misspelt is logged as a warning", async () => {
  const gateway = new ScriptedGateway();
  const clock = new VirtualClock();
  const { connector } = gateway;
  const stream = new StockDataStream<boolean>({ apiKey: "k", secretKey: "s", connector, clock });
  const output = new PassThrough();
  logStream(stream, new Log({ json: true, stream: output as unknown as NodeJS.WriteStream })); // Log uses only methods of any stream
  stream.subscribeTrades(() => {}, "aapl");
  const run = stream.run();
  (await gateway.handshake()).acknowledgeAll();
  await clock.advance(10_000);
  await stream.close();
  await run;
  const lines = String(output.read()).trim().split("\n");
  const warnings = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === "warn");
  expect(warnings).toEqual([
    expect.objectContaining({ code: "suspect_symbol", message: expect.stringContaining('"aapl"') }),
  ]);
});

test("a gap is logged as a warning, with all of its symbols in the fields", async () => {
  const gateway = new ScriptedGateway();
  const clock = new VirtualClock();
  const { connector } = gateway;
  const stream = new StockDataStream<boolean>({ apiKey: "k", secretKey: "s", connector, clock });
  const output = new PassThrough();
  logStream(stream, new Log({ json: true, stream: output as unknown as NodeJS.WriteStream })); // as above
  const symbols = ["A", "B", "C", "D", "E", "F"];
  stream.subscribeTrades(() => {}, symbols);
  const run = stream.run();
  const session = await gateway.handshake();
  session.acknowledgeAll();
  await clock.settle();
  session.cut();
  await clock.advance(1000);
  (await gateway.handshake()).acknowledgeAll();
  await clock.settle();
  await stream.close();
  await run;
  const lines = String(output.read()).trim().split("\n");
  const gaps = lines.map((line) => JSON.parse(line)).filter(({ from }) => from !== undefined);
  expect(gaps).toEqual([
    expect.objectContaining({ level: "warn", channel: "trades", symbols, code: "connection_lost" }),
  ]);
  expect(gaps[0].message).toMatch(
    /^trades of A, B, C, D, E, … may be missing from 2025-01-02T[\d:.]+Z to 2025-01-02T[\d:.]+Z$/,
  );
});
