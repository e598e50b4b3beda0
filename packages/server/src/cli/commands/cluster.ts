import type { Cluster, ClusterStatus } from "@tickerplant/cluster";
import { type Command, Option } from "commander";
import { FEED_NAMES, type FeedName } from "../../create-gateway.ts";
import { type ConnectionOptions, connectionSettings } from "../config/cluster-settings.ts";
import { addSettings } from "../config/setting.ts";
import { loadCluster } from "../input/optional-packages.ts";
import { clusterFeedJson, clusterLines } from "../output/cluster-status.ts";
import { failure, runCommand, usageError } from "../output/exit.ts";
import { Log } from "../output/log.ts";
import { natsOptions } from "./cluster-connection.ts";

interface StatusOptions extends ConnectionOptions {
  readonly feed?: FeedName;
  readonly json?: true;
}

const EXAMPLES = `
Examples:
  $ tickerplant cluster status --cluster nats://127.0.0.1:4222
  $ tickerplant cluster status --cluster nats://127.0.0.1:4222 --feed sip --json | jq '.readers[].behindCount'

Prints who leads each feed, what it carries, what NATS keeps of it, and how far its readers are. Changes nothing in
NATS. Exits with 0 if every feed has a leader that publishes and whose source sends, and with 1 and a sentence
otherwise, so that it serves as a check of health. Readers that are behind are no failure.

--json prints a line for each feed. Times in it are in milliseconds since the Unix epoch.`;

/** Adds `tickerplant cluster status`, which reports on the feeds that ingests write into NATS. */
export function addClusterCommand(program: Command): void {
  const cluster = program
    .command("cluster")
    .helpCommand(false)
    .summary("report on the feeds in NATS JetStream")
    .description("Reports on the feeds that tickerplant ingest writes into NATS JetStream.");
  const status = cluster
    .command("status")
    .summary("print who leads, what is kept, and who reads")
    .description("Prints the feeds of a cluster with their leaders and readers.");
  addSettings(status, connectionSettings("addresses of NATS JetStream, separated by commas"))
    .addOption(new Option("--feed <name>", "this feed alone (default: all)").choices(FEED_NAMES))
    .option("--json", "print JSON lines, and write errors as JSON lines")
    .addHelpText("after", EXAMPLES)
    .action((options: StatusOptions) =>
      runCommand(new Log({ json: options.json ?? false }), () => printStatus(options)),
    );
}

async function printStatus(options: StatusOptions): Promise<void> {
  if (options.cluster === undefined)
    throw usageError("cluster status needs --cluster with the address of NATS, such as nats://127.0.0.1:4222");
  const { feed, json } = options;
  const { atMs, feeds } = await statusOf(options);
  if (json === true) for (const each of feeds) process.stdout.write(`${clusterFeedJson(each, atMs)}\n`);
  else if (feeds.length > 0) process.stdout.write(`${clusterLines({ atMs, feeds }).join("\n")}\n`);
  if (feeds.length === 0)
    throw failure(`no ingest has written ${feed === undefined ? "a feed" : `the feed ${feed}`} into this NATS`);
  const problems = feeds.flatMap(({ feed: name, problem }) => (problem === undefined ? [] : [`${name}: ${problem}`]));
  if (problems.length > 0) throw failure(problems.join("; "));
}

/** @throws CommandError for a NATS that cannot be reached or read. */
async function statusOf(options: StatusOptions): Promise<ClusterStatus> {
  const { Cluster, ClusterError, clusterStatus, tokenOf } = await loadCluster();
  let connected: Cluster | undefined;
  try {
    connected = await Cluster.connect(natsOptions(options, "tickerplant cluster status"));
    const { atMs, feeds } = await clusterStatus(connected);
    const named = feeds.map((each) => ({ ...each, feed: nameOf(each.feed, tokenOf) }));
    return { atMs, feeds: named.filter(({ feed }) => feed === (options.feed ?? feed)) };
  } catch (error) {
    if (error instanceof ClusterError) throw failure(error.message, error);
    throw error;
  } finally {
    await connected?.close();
  }
}

/** The name of a feed of this project that is a part of NATS's names; that part for any other. */
function nameOf(token: string, tokenOf: (feed: string) => string): string {
  return FEED_NAMES.find((name) => tokenOf(name) === token) ?? token;
}
