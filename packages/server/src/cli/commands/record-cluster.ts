import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { Codec, systemClock, VERSION } from "@tickerplant/client";
import type { Cluster, FeedPorts } from "@tickerplant/cluster";
import type { FeedName } from "../../create-gateway.ts";
import type { ConnectionOptions } from "../config/cluster-settings.ts";
import { shownServers } from "../input/nats-servers.ts";
import { loadCluster } from "../input/optional-packages.ts";
import { CommandError, failure, onInterrupt } from "../output/exit.ts";
import { logGap, logSource } from "../output/gateway-log.ts";
import type { Log } from "../output/log.ts";
import { ClusterReading } from "../recording/cluster-reading.ts";
import { Recording, type RecordingOptions } from "../recording/recording.ts";
import { RecordingReport } from "../recording/recording-report.ts";
import { assetClassOf } from "./asset-class.ts";
import { connectCluster } from "./cluster-connection.ts";
import { checkCluster } from "./serve-cluster.ts";
import { atTimeLimit, type TimeLimit } from "./time-limit.ts";

/** Options of a recording of a cluster. */
export interface ClusterRecordOptions extends ConnectionOptions, RecordingOptions, TimeLimit {
  readonly cluster: string;
  readonly feed?: FeedName;
}

/** The feed of `--cluster` without `--feed`. */
const DEFAULT_FEED: FeedName = "sip";

/**
 * Records everything that the ingests of a feed write into NATS. Returns a channel that was recorded; undefined if
 * nothing was.
 *
 * @throws CommandError for a folder or a cluster that cannot be used, and if nothing could be read in the time given.
 */
export async function recordCluster(options: ClusterRecordOptions, log: Log): Promise<string | undefined> {
  const { feed = DEFAULT_FEED } = options;
  await checkCluster(options);
  const cluster = await loadCluster();
  const servers = shownServers(options.cluster);
  let carried: () => ClusterReading["carried"] = () => ({}); // the first segment begins before anything is read
  const recording = await Recording.open(
    { feed, address: servers, codec: Codec.MSGPACK, subscription: () => carried(), isContinued: true },
    options,
    log,
  );
  const stop = new AbortController();
  let connection: Cluster | undefined;
  const reading = new ClusterReading({
    cluster,
    open: async (): Promise<FeedPorts | undefined> => {
      connection ??= await connectCluster(options, log, stop.signal);
      return connection?.readFeed(feed);
    },
    identity: { id: randomUUID(), name: hostname(), version: VERSION, kind: "recorder", feed },
    servers,
    recorder: recording.recorder,
    schema: assetClassOf({ feed }).schema,
    clock: systemClock,
    source: (event) => logSource(log, [feed], event),
    gap: (gap) => logGap(log, [feed], gap),
  });
  carried = () => reading.carried;
  const problem = await runReading(reading, recording, { limit: options, stop, log }).finally(() =>
    connection?.close(),
  );
  recording.summary();
  if (problem !== undefined) throw failure(problem);
  return recording.kept.rowCount > 0 ? (Object.keys(reading.carried)[0] ?? "trades") : undefined;
}

interface Run {
  readonly limit: TimeLimit;
  readonly stop: AbortController;
  readonly log: Log;
}

/** Reads until Ctrl-C or the end of the time given, and closes the recording. Returns what is wrong, as a sentence. */
async function runReading(
  reading: ClusterReading,
  recording: Recording,
  { limit, stop, log }: Run,
): Promise<string | undefined> {
  const { ClusterError } = await loadCluster();
  const report = new RecordingReport(recording, reading, log);
  const removeInterruptHandlers = onInterrupt(() => {
    log.info("making Parquet files of the log; press Ctrl-C again to exit at once, and keep the log");
    stop.abort();
  });
  let problem: string | undefined;
  const cancelTimeLimit = atTimeLimit(limit, log, () => {
    if (reading.failure !== undefined) problem = `nothing was read: ${reading.failure}`;
    stop.abort();
  });
  try {
    await reading.run(stop.signal);
  } catch (error) {
    if (!(error instanceof ClusterError) && !(error instanceof CommandError)) throw error;
    problem = error.message;
  } finally {
    cancelTimeLimit();
    const unfinished = await recording.close();
    problem ??= unfinished;
    report.end();
    removeInterruptHandlers();
  }
  return problem;
}
