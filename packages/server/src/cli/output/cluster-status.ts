import type { ChannelSymbols } from "@tickerplant/client/wire";
import type { ClusterFeedStatus, ClusterStatus, ReaderStatus } from "@tickerplant/cluster";
import { named } from "../../feeds/cluster/carried-symbols.ts";
import { counted, showBytes, showCount, showDuration } from "./numbers.ts";
import { printable } from "./printable.ts";

import { type Alignment, table } from "./table.ts";

/** Formats the feeds of a cluster, and those that write and read them, for people. */
export function clusterLines({ atMs, feeds }: ClusterStatus): string[] {
  return feeds
    .flatMap((feed, index) => [...(index === 0 ? [] : [""]), ...feedLines(feed, atMs)])
    .map((line) => printable(line));
}

/** Formats a feed of a cluster for programs, as one line of JSON. Times are in milliseconds since the Unix epoch. */
export function clusterFeedJson(feed: ClusterFeedStatus, atMs: number): string {
  const { newest } = feed;
  // Minus infinity, the watermark of a feed without a record, is no number of JSON.
  const completeMs = newest !== undefined && Number.isFinite(newest.completeMs) ? newest.completeMs : undefined;
  return printable(JSON.stringify({ atMs, ...feed, ...(newest && { newest: { ...newest, completeMs } }) }));
}

function feedLines(feed: ClusterFeedStatus, atMs: number): string[] {
  const { stream, problem, readers } = feed;
  const facts: readonly (readonly [name: string, value: string])[] = [
    ["leader", leaderOf(feed, atMs)],
    ["source", feed.state?.source ?? "not known"],
    ["carries", carriedBy(feed)],
    ["frames", framesOf(feed)],
    ["newest", newestOf(feed, atMs)],
    ["problem", problem ?? "none"],
    ["readers", readers.length === 0 ? "none" : counted(readers.length, "reader")],
  ];
  return [
    `${feed.feed} in ${stream}`,
    ...facts.map(([name, value]) => `  ${name.padEnd(8)} ${value}`),
    ...readerTable(readers, atMs).map((line) => `    ${line}`),
  ];
}

function leaderOf({ leader }: ClusterFeedStatus, atMs: number): string {
  if (leader === undefined) return "none";
  const { ingest, epoch, sinceMs, renewedMs, isLeading } = leader;
  const term = `${ingest.name} (${ingest.version}), epoch ${epoch}`;
  const renewed = `lease renewed ${ago(renewedMs, atMs)}`;
  if (!isLeading) return `none; the last was ${term}, ${renewed}`;
  return `${term}, since ${new Date(sinceMs).toISOString()} (${showDuration(age(sinceMs, atMs))}); ${renewed}`;
}

function carriedBy({ state }: ClusterFeedStatus): string {
  if (state === undefined) return "not known";
  const carried = bySymbols(state.carried).map((group) => named(group, ", "));
  if (carried.length === 0) carried.push("nothing yet");
  if (state.isOnDemand) carried.push("what gateways ask for");
  return carried.join("; ");
}

/** Groups channels with the same symbols: most feeds carry all symbols of all channels. */
function bySymbols(carried: ChannelSymbols): ChannelSymbols[] {
  const groups = new Map<string, { readonly channels: string[]; readonly symbols: readonly string[] }>();
  for (const [channel, symbols = []] of Object.entries(carried)) {
    const key = symbols.join(" ");
    const group = groups.get(key) ?? { channels: [], symbols };
    groups.set(key, group);
    group.channels.push(channel);
  }
  return [...groups.values()].map(({ channels, symbols }) => ({ [channels.join(", ")]: symbols }));
}

function framesOf({ firstNumber, lastNumber, byteLength, keepMs, keepBytes, replicas }: ClusterFeedStatus): string {
  const count = lastNumber - firstNumber + 1;
  const frames =
    count <= 0 ? "none" : `${showCount(firstNumber)} to ${showCount(lastNumber)}, ${showBytes(byteLength)}`;
  const limits = [
    ...(keepMs > 0 ? [showDuration(keepMs)] : []),
    ...(keepBytes === undefined ? [] : [showBytes(keepBytes)]),
  ];
  const kept = limits.length === 0 ? "without limit" : `for ${limits.join(" or up to ")}`;
  return `${frames}; kept ${kept} on ${counted(replicas, "server")}`;
}

function newestOf({ newest }: ClusterFeedStatus, atMs: number): string {
  if (newest === undefined) return "none";
  const { madeMs, completeMs, isComplete } = newest;
  const made = `made ${ago(madeMs, atMs)}`;
  if (!Number.isFinite(completeMs)) return `${made}; no record yet`;
  const gap = isComplete ? "" : ", behind which a gap is open";
  return `${made}; complete up to ${new Date(completeMs).toISOString()}, ${ago(completeMs, atMs)}${gap}`;
}

const READER_ALIGNMENTS: readonly Alignment[] = ["left", "left", "left", "right", "right", "right"];

/** An entry is up to two seconds old: frames that came since would look as if the reader were behind. */
function readerTable(readers: readonly ReaderStatus[], atMs: number): string[] {
  if (readers.length === 0) return [];
  const rows = readers.map(({ name, kind, version, number, readMs, lagMs, clients }) => [
    name,
    kind,
    version,
    number === 0 ? "nothing yet" : `frame ${showCount(number)}, ${ago(readMs, atMs)}`,
    number === 0 ? "" : `${showCount(Math.max(0, lagMs))} ms`,
    clients === undefined ? "" : showCount(clients),
  ]);
  return table([["name", "kind", "version", "has read", "lag", "clients"], ...rows], READER_ALIGNMENTS);
}

function ago(ms: number, atMs: number): string {
  return `${showDuration(age(ms, atMs))} ago`;
}

/** Clocks of machines differ: a time that is in the future is now. */
function age(ms: number, atMs: number): number {
  return Math.max(0, atMs - ms);
}
