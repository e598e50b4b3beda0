/**
 * Our client as one of the programs of `verify/interop`, whose README describes the commands that it
 * reads and the lines that it prints; of a record it prints the symbol and the time.
 * Usage: reconnect-client.js URL
 */
import { createInterface } from "node:readline";
import { StockDataStream } from "@tickerplant/client";
import type { Command } from "#verify/interop/client-process.js";

const WRITE_INTERVAL_MS = 20;

const stream = new StockDataStream({ apiKey: "bench", secretKey: "bench", urlOverride: process.argv[2] ?? "" });

/** Lines to write: a write to a pipe blocks, and one per record would dominate the result. */
let lines: string[] = [];

function print(event: object): void {
  if (lines.length === 0) setTimeout(write, WRITE_INTERVAL_MS);
  lines.push(`${JSON.stringify(event)}\n`);
}

function write(): void {
  process.stdout.write(lines.join(""));
  lines = [];
}

stream.on("error", ({ message }) => print({ event: "report", text: message }));
stream.on("status", ({ state }) => {
  if (state === "authenticated") print({ event: "connected" });
});

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as Command; // written by the parent process
  if (command.do === "connect") void stream.run();
  else {
    stream.subscribeTrades(
      ({ symbol, timestamp }) => print({ event: "record", record: { S: symbol, t: timestamp.toISOString() } }),
      ...command.symbols,
    );
  }
  print({ event: "done" });
}
await stream.close();
