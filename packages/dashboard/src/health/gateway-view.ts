import type { ClientReport, FeedReport, GatewayReport } from "tickerplant/report";
import type { GatewayReports } from "../gateway/gateway-status.ts";
import { isNeverFilled } from "../market/gap-ledger.ts";
import { bytes, count, counted, duration, UNKNOWN } from "../ui/figures.ts";
import { datedClock } from "../ui/new-york.ts";

/** A client of the gateway. */
export interface GatewayClient {
  /** The name of its key. */
  readonly name: string;
  readonly feed: string;
  readonly codec: string;
  /** Symbols that it has subscribed to; `*` for all. */
  readonly symbols: number | "*";
  readonly recordsPerSecond: number | undefined;
  readonly bytesWaiting: number;
  readonly isSlow: boolean;
  readonly connectedForMs: number;
}

/** A source of the gateway. */
export interface GatewayUpstream {
  readonly feed: string;
  /** What it is in words: `connected`, `reconnecting`, `simulated`. */
  readonly state: string;
  readonly isConnected: boolean;
  readonly connectedForMs: number | undefined;
  readonly recordsPerSecond: number | undefined;
  readonly lagP50Ms: number | undefined;
}

/** Labels and values of a part of the gateway, such as its recorder or its cluster, as its status reports them. */
export interface GatewayPart {
  readonly title: string;
  readonly note: string;
  readonly facts: readonly (readonly [label: string, value: string, isAlarm?: boolean])[];
}

/** What the tab Gateway shows. */
export interface GatewayView {
  readonly clients: readonly GatewayClient[];
  /** All connections; `clients` has those with the most bytes waiting. */
  readonly clientCount: number;
  /** Bytes waiting at which the gateway closes a client. */
  readonly maxBytesWaiting: number;
  readonly recordsPerSecond: number | undefined;
  readonly bytesPerSecond: number | undefined;
  /** Clients closed as slow since the gateway started. */
  readonly closedAsSlow: number;
  readonly upstreams: readonly GatewayUpstream[];
  readonly parts: readonly GatewayPart[];
}

/** Describes the newest report of a gateway. Rates come from the one before. */
export function gatewayView({ newest, before }: GatewayReports, nowMs: number): GatewayView {
  const seconds = before === undefined ? 0 : (newest.uptimeMs - before.uptimeMs) / 1000;
  const perSecond = (now: number, then: number | undefined): number | undefined =>
    then === undefined || seconds <= 0 ? undefined : Math.max(0, now - then) / seconds;
  const clientsBefore = new Map(before?.clients.map((client) => [client.number, client]));
  return {
    clients: newest.clients.map((client) => clientOf(client, clientsBefore.get(client.number), perSecond)),
    clientCount: newest.clientCount,
    maxBytesWaiting: newest.maxWaitingBytes,
    recordsPerSecond: perSecond(sum(newest, "deliveredCount"), before && sum(before, "deliveredCount")),
    bytesPerSecond: perSecond(sum(newest, "sentBytes"), before && sum(before, "sentBytes")),
    closedAsSlow: sum(newest, "slowClientCount"),
    upstreams: newest.feeds.map((feed, index) => upstreamOf(feed, before?.feeds[index], perSecond)),
    parts: newest.feeds.flatMap((feed) => [
      ...problemsOf(feed, nowMs),
      ...clusterOf(feed),
      ...recorderOf(feed),
      ...historyOf(feed),
    ]),
  };
}

type PerSecond = (now: number, then: number | undefined) => number | undefined;

function clientOf(client: ClientReport, before: ClientReport | undefined, perSecond: PerSecond): GatewayClient {
  return {
    name: client.key ?? "not authenticated",
    feed: client.feed,
    codec: client.codec,
    symbols: client.symbols,
    recordsPerSecond: perSecond(client.recordCount, before?.recordCount),
    bytesWaiting: client.waitingBytes,
    isSlow: client.isSlow,
    connectedForMs: client.connectedMs,
  };
}

const SOURCE_WORDS = { live: "Live", simulated: "Simulated", replay: "Replay" };
const STATE_WORDS = { waiting: "Waiting for clients", running: "Running", ended: "Ended", failed: "Failed" };

function upstreamOf(feed: FeedReport, before: FeedReport | undefined, perSecond: PerSecond): GatewayUpstream {
  const { upstream, cluster, source, state } = feed;
  const connection = upstream ?? cluster;
  const lag = upstream?.metrics.lag.p50;
  const isRunning = state === "running";
  const words = source === undefined || !isRunning ? STATE_WORDS[state] : SOURCE_WORDS[source];
  return {
    feed: nameOf(feed),
    state: connection === undefined || !isRunning ? words : connection.isConnected ? "Connected" : "Disconnected",
    isConnected: connection === undefined ? state !== "failed" : connection.isConnected || state === "waiting",
    connectedForMs: upstream?.sinceMs,
    recordsPerSecond: perSecond(total(feed), before && total(before)),
    // No record of the last minute is no lag of zero.
    lagP50Ms: lag === undefined || Number.isNaN(lag) || lag === 0 ? undefined : lag,
  };
}

function problemsOf(feed: FeedReport, nowMs: number): GatewayPart[] {
  const { problem, sinkProblem, gaps, upstream, cluster } = feed;
  const loss = (upstream ?? cluster)?.losses[0];
  const facts: (readonly [string, string, boolean])[] = [];
  if (problem !== undefined) facts.push(["Records", problem, true]);
  if (sinkProblem !== undefined) facts.push(["Recorder", sinkProblem, true]);
  if (loss !== undefined) facts.push(["Last loss", `${datedClock(Date.parse(loss.at), nowMs)} ${loss.code}`, false]);
  const openCount = gaps.filter(({ cause }) => cause !== undefined && !isNeverFilled(cause.code)).length;
  if (openCount > 0) facts.push(["Gaps", `${counted(openCount, "gap")} open of the newest ${gaps.length}`, true]);
  return facts.length === 0 ? [] : [{ title: `Problems of ${nameOf(feed)}`, note: "", facts }];
}

/** The ingest that leads the feed, how far this gateway has read it, and what NATS has lost. */
function clusterOf(feed: FeedReport): GatewayPart[] {
  const { cluster } = feed;
  if (cluster === undefined) return [];
  const { leader, epoch, lagMs, behindCount, leaderChangeCount, skippedCount, rewoundCount, problem } = cluster;
  const behind = behindCount === undefined ? [] : [`${counted(behindCount, "frame")} behind`];
  const lost = [
    ...(skippedCount > 0 ? [`skipped ${counted(skippedCount, "time")}`] : []),
    ...(rewoundCount > 0 ? [`rewound ${counted(rewoundCount, "time")}`] : []),
  ];
  const facts: (readonly [string, string, boolean?])[] = [
    ["Leader", leader === undefined ? UNKNOWN : `${leader.name}, epoch ${count(epoch)}`],
    ["Lag", [duration(lagMs), ...behind].join(" · ")],
    ["Take-overs", count(leaderChangeCount)],
    ["Lost frames", lost.length === 0 ? "none" : lost.join(", "), lost.length > 0],
  ];
  if (problem !== undefined) facts.push(["Ingest's source", problem, true]);
  return [{ title: "Cluster", note: nameOf(feed), facts }];
}

function recorderOf(feed: FeedReport): GatewayPart[] {
  const { recorder } = feed;
  if (recorder === undefined) return [];
  const { rowCount, writtenBytes, waitingBytes, droppedFrameCount } = recorder;
  const facts: GatewayPart["facts"] = [
    ["Written", `${counted(rowCount, "row")}, ${bytes(writtenBytes)}`],
    ["Waiting for the disk", bytes(waitingBytes)],
    ["Dropped", counted(droppedFrameCount, "frame"), droppedFrameCount > 0],
  ];
  return [{ title: "Recorder", note: nameOf(feed), facts }];
}

function historyOf(feed: FeedReport): GatewayPart[] {
  const { history, upstream } = feed;
  const requests = upstream?.requests;
  const facts: (readonly [string, string])[] = [];
  if (history !== undefined) {
    facts.push(["Held", counted(history.rowCount, "row")]);
    facts.push(["Memory", `${bytes(history.usedBytes)} of ${bytes(history.maxBytes)}`]);
  }
  if (requests !== undefined)
    facts.push(["Requests", `${count(requests.used)} of ${count(requests.perMinute)} a minute`]);
  return facts.length === 0 ? [] : [{ title: "History", note: nameOf(feed), facts }];
}

function nameOf({ endpoints }: FeedReport): string {
  return endpoints.map(({ name }) => name).join(", ");
}

function total({ records }: FeedReport): number {
  return Object.values(records).reduce((all, value) => all + value, 0);
}

function sum({ feeds }: GatewayReport, name: "deliveredCount" | "sentBytes" | "slowClientCount"): number {
  return feeds.reduce((all, feed) => all + feed[name], 0);
}
