import { join } from "node:path";
import { buildWithGoClient, goProgram, installAlpacaPy, VENV_PYTHON } from "#verify/interop/installing.js";
import type { HistoryRequest } from "./history-pages.ts";
import type { ReaderCommand } from "./reader.ts";
import { ROOT } from "./workload.ts";

const SOURCES = join(ROOT, "bench/readers");

/** Reads from the frame server at a URL. */
type ReaderOf = (url: string) => ReaderCommand;

/** Reads from the history server. */
type HistoryReaderOf = (request: HistoryRequest) => ReaderCommand;

/** A program with arguments of its own, and then those of a reader. */
type Program = (...args: readonly string[]) => ReaderCommand;

/** Returns Alpaca's clients in other languages that can be installed here; reports those that cannot. */
export async function officialReaders(): Promise<readonly ReaderOf[]> {
  const py = await alpacaPy("end-to-end", "alpaca-py.py");
  const go = await alpacaGo("end-to-end", "alpaca-trade-api-go.go", "reader");
  return [
    ...py.map((program): ReaderOf => program),
    ...go.map(
      (program): ReaderOf =>
        (url) =>
          program(url.replace(/\/sip$/, "")),
    ),
  ];
}

/** The same for their clients of history. */
export async function officialHistoryReaders(): Promise<readonly HistoryReaderOf[]> {
  const py = await alpacaPy("history", "alpaca-py-history.py");
  const go = await alpacaGo("history", "alpaca-trade-api-go-history.go", "history-reader");
  return [...py, ...go].map(
    (program): HistoryReaderOf =>
      ({ url, symbols, start, end }) =>
        program(url, symbols.join(","), start, end),
  );
}

async function alpacaPy(bench: string, file: string): Promise<readonly Program[]> {
  const name = "alpaca-py";
  const reason = await installAlpacaPy().catch((error: Error) => error.message);
  if (reason !== undefined) return skipped(bench, name, reason);
  return [(...args) => ({ name, program: VENV_PYTHON, args: [join(SOURCES, file), ...args] })];
}

async function alpacaGo(bench: string, file: string, built: string): Promise<readonly Program[]> {
  const name = "alpaca-trade-api-go";
  const reason = await buildWithGoClient(join(SOURCES, file), built).catch((error: Error) => error.message);
  if (reason !== undefined) return skipped(bench, name, reason);
  return [(...args) => ({ name, program: goProgram(built), args })];
}

function skipped(bench: string, name: string, reason: string): readonly [] {
  console.error(`${bench}: skipping ${name}: ${reason}`);
  return [];
}
