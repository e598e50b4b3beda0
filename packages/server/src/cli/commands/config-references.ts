import { createSecureContext } from "node:tls";
import type { FeedName } from "../../create-gateway.ts";
import type { Config, ConfigFault } from "../config/config-file.ts";
import type { SourceOptions } from "../config/rules.ts";
import { readKeysFile } from "../input/keys-file.ts";
import { loadRecorder } from "../input/optional-packages.ts";
import { CommandError, failure } from "../output/exit.ts";
import { tlsProblem } from "./open-port.ts";
import { checkCluster } from "./serve-cluster.ts";
import { checkRecordings, tlsOf } from "./serve-options.ts";
import { configuredUpstream } from "./serve-upstream.ts";
import { sourceFeed } from "./source-feed.ts";

/** Returns what is wrong with the files and the variables that a configuration names. */
export async function referenceFaults({ server, feeds }: Config): Promise<readonly ConfigFault[]> {
  const { keys, record } = server;
  const checks: [place: string, check: () => Promise<unknown>][] = [["tlsCert", () => checkTls(server)]];
  if (keys !== undefined) checks.push(["keys", () => readKeysFile(keys)]);
  if (record !== undefined) checks.push(["record", loadRecorder]);
  for (const [name, source] of Object.entries(feeds))
    checks.push([`feeds.${name}`, () => checkSource(name as FeedName, source, record)]); // a name that was checked
  const faults: ConfigFault[] = [];
  for (const [place, check] of checks) {
    try {
      await check();
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      faults.push({ place, message: error.message });
    }
  }
  return faults;
}

async function checkTls(server: Config["server"]): Promise<void> {
  const tls = await tlsOf(server);
  try {
    if (tls !== undefined) createSecureContext(tls);
  } catch (error) {
    // OpenSSL throws nothing else.
    throw failure(`cannot use the certificate and its private key: ${tlsProblem((error as Error).message)}`, error);
  }
}

async function checkSource(name: FeedName, source: SourceOptions, record: string | undefined): Promise<void> {
  if (source.upstream !== undefined) return void (await configuredUpstream(name, source, false));
  if (source.cluster !== undefined) return checkCluster(source);
  await checkRecordings(source, record);
  try {
    sourceFeed(source, [name], undefined);
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw failure(error.message, error);
    throw error;
  }
}
