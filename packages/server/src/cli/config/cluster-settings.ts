import type { ClusterOptions } from "./rules.ts";
import { SOURCE_SETTINGS } from "./serve-settings.ts";
import type { Settings } from "./setting.ts";

/** The options of a connection to NATS. */
export type ConnectionOptions = Omit<ClusterOptions, "clusterHistory">;

/** What a connection needs besides the address: credentials and certificates. */
const DETAILS = ["clusterCredentials", "clusterCa", "clusterCert", "clusterKey"] as const;

/** Returns the settings of a connection to NATS for a command; `description` says what `--cluster` is for it. */
export function connectionSettings(description: string, conflicts: string[] = []): Settings {
  const { cluster } = SOURCE_SETTINGS;
  const details = DETAILS.map((name) => [name, SOURCE_SETTINGS[name]] as const);
  return { cluster: { ...cluster, description, conflicts }, ...Object.fromEntries(details) };
}

/** Returns the first option of a connection that is given without one. */
export function strayDetail(options: ConnectionOptions): string | undefined {
  return options.cluster === undefined ? DETAILS.find((name) => options[name] !== undefined) : undefined;
}
