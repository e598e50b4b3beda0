import { cryptoSimulator } from "../../feeds/crypto-simulator/crypto-simulator.ts";
import type { Feed } from "../../feeds/feed.ts";
import { replay } from "../../feeds/replay/replay.ts";
import { nameOf } from "../../feeds/replay/source.ts";
import { simulator } from "../../feeds/simulator/simulator.ts";
import { isCryptoFeed, type SourceOptions } from "../config/rules.ts";
import { shownServers } from "../input/nats-servers.ts";
import { replayTimeNs } from "../input/replay-time.ts";
import type { ReplayReport } from "../output/replay-report.ts";
import { upstreamNames } from "./serve-upstream.ts";

/**
 * Makes the simulated or replayed feed that serves the named endpoints; `report` is that of a replay,
 * and `recordedFeed` the feed of a recording that has several.
 *
 * @throws TypeError or RangeError for options that the source cannot have.
 */
export function sourceFeed(
  source: SourceOptions,
  names: readonly string[],
  report: ReplayReport | undefined,
  recordedFeed?: string,
): Feed {
  const { symbols, past } = source;
  if (source.replay !== undefined) return replayOf(source, report, recordedFeed);
  if (names.length > 0 && names.every(isCryptoFeed)) return cryptoOf(source);
  return simulator({ ...simulationOf(source), ...(symbols && { symbols }), ...(past && { pastS: past * 60 }) });
}

/** Options of the simulators; undefined ones are not given. */
export function simulationOf({ speed, seed, rate }: SourceOptions): {
  speed?: number | "max";
  seed?: number;
  rate?: number;
} {
  return { ...(speed !== undefined && { speed }), ...(seed !== undefined && { seed }), ...(rate && { rate }) };
}

function replayOf(source: SourceOptions, report: ReplayReport | undefined, feed: string | undefined): Feed {
  const { replay: files = [], speed, loop, shift, order, channels, symbols, from, to } = source;
  return replay(files, {
    ...(speed !== undefined && { speed }),
    loop: loop ?? false,
    timestamps: shift ? "shifted" : "original",
    ...(order && { order }),
    ...(feed !== undefined && { feed }),
    ...(channels && { channels }),
    ...(typeof symbols === "object" && { symbols }),
    ...(from !== undefined && { from: replayTimeNs(from, "first") }),
    ...(to !== undefined && { to: replayTimeNs(to, "last") }),
    ...(report && { onProgress: report.progressed, onBadLine: report.badLine, onNotice: report.noticed }),
  });
}

/** Simulated crypto by all options. */
function cryptoOf({ symbols, ...options }: SourceOptions): Feed {
  return cryptoSimulator({ ...simulationOf(options), ...(typeof symbols === "object" && { symbols }) });
}

/** Most files that a message names. */
const MAX_NAMED = 5;

/** Names a source for a message. */
export function sourceName({ simulate, replay: files = [], upstream, cluster }: SourceOptions): string {
  if (cluster !== undefined) return `cluster ${shownServers(cluster)}`;
  if (upstream !== undefined) return upstreamNames(typeof upstream === "string" ? [upstream] : upstream);
  if (simulate) return "the simulator";
  const named = files.slice(0, MAX_NAMED).map(nameOf).join(", ");
  return files.length > MAX_NAMED ? `${named} and ${files.length - MAX_NAMED} more files` : named;
}
