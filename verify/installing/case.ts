import assert from "node:assert/strict";
import type { Ended, Project } from "./project.ts";

/** One way to use the packages. */
export interface Case {
  /** The group on the command line, such as `jest`. */
  readonly group: string;
  readonly title: string;
  /** Rejects if it fails; with `Unavailable` if it cannot be tried on this machine. */
  run(project: Project): Promise<void>;
}

/** A program that connects to the gateway, reports one trade, and stops. */
export function program(load: string, gateway = "process.env.URL"): string {
  return `${load}
async function main() {
  const stream = new StockDataStream({ apiKey: "K", secretKey: "S", urlOverride: ${gateway}, reconnect: false });
  await stream.connect();
  for await (const trade of stream.trades("*")) {
    console.log("received", trade.channel);
    break;
  }
  await stream.stop();
}
main();
`;
}

/** The import that all cases but those of CommonJS begin with. */
export const IMPORT = 'import { StockDataStream } from "@tickerplant/client";';

/** Checks that {@link program} did its work and printed nothing else, such as a warning. */
export function assertReceived({ code, output }: Ended): void {
  assert.equal(output, "received trades\n");
  assert.equal(code, 0);
}

/** Checks that a command succeeded. */
export function assertDone({ code, output }: Ended): void {
  assert.equal(code, 0, output);
}
