import { join } from "node:path";
import { buildWithGoClient, goProgram, installAlpacaPy, VENV_PYTHON } from "#verify/interop/installing.js";
import type { ReaderCommand } from "./reader.ts";
import { ROOT } from "./workload.ts";

const SOURCES = join(ROOT, "bench/readers");

/** Reads from the frame server at a URL. */
type ReaderOf = (url: string) => ReaderCommand;

/** Returns Alpaca's clients in other languages that can be installed here; reports those that cannot. */
export async function officialReaders(): Promise<readonly ReaderOf[]> {
  return (await Promise.all([alpacaPy(), alpacaGo()])).flat();
}

async function alpacaPy(): Promise<readonly ReaderOf[]> {
  const name = "alpaca-py";
  const reason = await installAlpacaPy().catch((error: Error) => error.message);
  if (reason !== undefined) return skipped(name, reason);
  return [(url) => ({ name, program: VENV_PYTHON, args: [join(SOURCES, "alpaca-py.py"), url] })];
}

async function alpacaGo(): Promise<readonly ReaderOf[]> {
  const name = "alpaca-trade-api-go";
  const reason = await buildWithGoClient(join(SOURCES, `${name}.go`), "reader").catch((error: Error) => error.message);
  if (reason !== undefined) return skipped(name, reason);
  return [(url) => ({ name, program: goProgram("reader"), args: [url.replace(/\/sip$/, "")] })];
}

function skipped(name: string, reason: string): readonly [] {
  console.error(`end-to-end: skipping ${name}: ${reason}`);
  return [];
}
