import { systemClock } from "@tickerplant/client";
import type { Cluster, NatsOptions } from "@tickerplant/cluster";
import type { ClusterOptions } from "../config/rules.ts";
import { loadCluster } from "../input/optional-packages.ts";
import { failure } from "../output/exit.ts";
import type { Log } from "../output/log.ts";

/**
 * Connects to NATS. While it cannot be reached, tries again, because a service may start before NATS does. Returns
 * undefined if `signal` is aborted first.
 *
 * @throws CommandError for wrong options and credentials, and for a server without JetStream.
 */
export async function connectCluster(
  options: ClusterOptions,
  log: Log,
  signal: AbortSignal,
): Promise<Cluster | undefined> {
  const { Cluster, CLUSTER_LIMITS, hasCode, Pause } = await loadCluster();
  const pause = new Pause(systemClock);
  let reported: string | undefined;
  while (!signal.aborted) {
    try {
      return await Cluster.connect(natsOptions(options, `tickerplant ${process.pid}`));
    } catch (error) {
      const { message } = error as Error; // what connect throws
      if (!hasCode(error, "unreachable")) throw failure(message, error);
      if (message !== reported) log.warn(`${message}; trying again`, { type: "clusterUnreachable" });
      reported = message;
    }
    await pause.wait(CLUSTER_LIMITS.retryMaxMs, signal);
  }
  return undefined;
}

/** Returns the options of a connection. */
export function natsOptions(options: ClusterOptions, name: string): NatsOptions {
  const { cluster = "", clusterCredentials, clusterCa, clusterCert, clusterKey } = options;
  return {
    servers: cluster,
    credentialsFile: clusterCredentials,
    caFile: clusterCa,
    certFile: clusterCert,
    keyFile: clusterKey,
    name,
  };
}
