/**
 * Our client as one of the programs of `interop`, whose README has the commands that it takes and
 * the lines that it prints; of a record it prints what this bench needs. Usage: reconnect-client.js URL
 */
import { createInterface } from "node:readline";
import { StockDataStream } from "@tickerplant/client";
import type { Command } from "#verify/interop/client-process.js";

const WRITE_INTERVAL_MS = 20;

const stream = new StockDataStream({ apiKey: "bench", secretKey: "bench", urlOverride: process.argv[2] ?? "" });

/** Lines that are not written yet: a write to a pipe blocks, and one for each record would be what is measured. */
let lines: string[] = [];

function say(event: object): void {
  if (lines.length === 0) setTimeout(write, WRITE_INTERVAL_MS);
  lines.push(`${JSON.stringify(event)}\n`);
}

function write(): void {
  process.stdout.write(lines.join(""));
  lines = [];
}

stream.on("error", ({ message }) => say({ event: "report", text: message }));
stream.on("status", ({ state }) => {
  if (state === "authenticated") say({ event: "connected" });
});

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as Command; // written by the program that started this one
  if (command.do === "connect") void stream.run();
  else {
    stream.subscribeTrades(
      ({ symbol, timestamp }) => say({ event: "record", record: { S: symbol, t: timestamp.toISOString() } }),
      ...command.symbols,
    );
  }
  say({ event: "done" });
}
await stream.close();
