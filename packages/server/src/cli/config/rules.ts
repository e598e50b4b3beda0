/** The upstream of a feed, and where its credentials are. */
export interface UpstreamOptions {
  /** A feed of Alpaca, or the address of a feed of another gateway; several of them on the command line. */
  readonly upstream?: string | readonly string[];
  /** A file with the variables of the key and the secret; otherwise they are in the environment. */
  readonly credentials?: string;
  readonly keyIdVariable?: string;
  readonly secretKeyVariable?: string;
}

/** The NATS that a feed of a cluster is read from. */
export interface ClusterOptions {
  /** The addresses of its servers, separated by commas. */
  readonly cluster?: string;
  /** A file with credentials, as `nsc` makes it. */
  readonly clusterCredentials?: string;
  /** Files in PEM: the authorities to trust, and a certificate of this client with its key. */
  readonly clusterCa?: string;
  readonly clusterCert?: string;
  readonly clusterKey?: string;
  /** How far back is read at the start, in minutes. */
  readonly clusterHistory?: number;
}

/** Where a feed gets its records, as options. */
export interface SourceOptions extends UpstreamOptions, ClusterOptions {
  readonly simulate?: boolean;
  readonly replay?: readonly string[];
  readonly speed?: number | "max";
  readonly seed?: number;
  readonly symbols?: number | readonly string[];
  readonly rate?: number;
  /** In minutes. */
  readonly past?: number;
  readonly loop?: boolean;
  readonly shift?: boolean;
  readonly order?: "received" | "time";
  readonly channels?: readonly string[];
  /** Times as text, with a zone; or days in New York. */
  readonly from?: string;
  readonly to?: string;
  /** False with --no-fill. */
  readonly fill?: boolean;
  readonly upstreamHistory?: string;
  /** A file with the symbols that `*` stands for. */
  readonly universe?: string;
  readonly maxUpstreamSymbols?: number;
  /** In seconds. */
  readonly linger?: number;
}

/** What a gateway does, whatever it serves, as options. */
export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  readonly keys?: string;
  readonly maxConnections?: number;
  readonly maxSymbols?: number;
  readonly maxConnectionsPerAddress?: number;
  readonly allowOrigin?: readonly string[];
  /** False with --no-history. */
  readonly history: boolean;
  readonly historyMinutes?: number;
  readonly historyMb?: number;
  readonly plan?: "free";
  readonly compress: boolean;
  /** False with --no-dashboard. */
  readonly dashboard: boolean;
  /** The port of metrics alone; without it they are on the first port. */
  readonly metricsPort?: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly json?: boolean;
  /** The folder of the recording. */
  readonly record?: string;
  /** Trading days of the recording. */
  readonly keep?: number;
}

/** Returns what a message calls an option: `--tls-cert` on the command line, `tlsCert` in a file. */
export type NameOf = (option: string) => string;

/** Options that are on by default: the command line can only turn them off. */
const ON_BY_DEFAULT: ReadonlySet<string> = new Set(["history", "compress", "dashboard", "fill"]);

/** The names of options on the command line. */
export const FLAG_NAMES: NameOf = (option) =>
  `--${ON_BY_DEFAULT.has(option) ? "no-" : ""}${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** The names of settings in a file. */
export const FILE_NAMES: NameOf = (option) => option;

/** Whether a feed is one of crypto. */
export function isCryptoFeed(feed: string): boolean {
  return feed.startsWith("crypto/");
}

/** Returns what is wrong with the options of one source for feeds, each in a sentence. Checks no files. */
export function sourceFaults(source: SourceOptions, feeds: readonly string[], nameOf: NameOf): string[] {
  const { simulate, replay, upstream, cluster } = source;
  const given = Object.entries({ simulate, replay, upstream, cluster }).filter(
    ([, value]) => value !== undefined && value !== false,
  );
  const [first, second] = given.map(([name]) => nameOf(name));
  if (first === undefined) return [`it needs a source: ${SOURCES.map(nameOf).join(", ")}`];
  if (second !== undefined) return [`it has both ${first} and ${second}; give one of them`];
  const faults: string[] = [];
  for (const name of ["upstreamHistory", "universe"] as const)
    if (source.fill === false && source[name] !== undefined)
      faults.push(`${nameOf(name)} is for filling gaps, which ${off("fill", nameOf)} off; give one of the two`);
  if (replay?.includes("")) faults.push(`${nameOf("replay")} needs file names, and one of them is empty`);
  for (const name of detailsOf(source)) {
    const sources = SOURCES_OF[name].map(nameOf);
    if (!sources.includes(first)) faults.push(`${nameOf(name)} is for ${sources.join(" and ")}, and this is ${first}`);
  }
  if (typeof source.symbols === "number" && feeds.length > 0 && feeds.every(isCryptoFeed))
    faults.push(`${nameOf("symbols")} must be pairs, such as BTC/USD and ETH/USD, for feeds of crypto`);
  if (source.past && feeds.length > 0 && feeds.every(isCryptoFeed))
    faults.push(`${nameOf("past")} is for feeds of stocks`);
  if (source.past && source.speed === "max")
    faults.push(
      `${nameOf("past")} needs a simulation with a clock, and ${nameOf("speed")} is max; give one of the two`,
    );
  if ((source.clusterCert === undefined) !== (source.clusterKey === undefined))
    faults.push(`${nameOf("clusterCert")} and ${nameOf("clusterKey")} must be given together`);
  if (replay !== undefined && typeof source.symbols === "number")
    faults.push(`${nameOf("symbols")} must be symbols, such as AAPL, for ${nameOf("replay")}`);
  return faults;
}

/** Returns the options of a source that are given besides the one that names it. */
export function detailsOf(source: SourceOptions): readonly Detail[] {
  const names = Object.keys(SOURCES_OF) as Detail[]; // the table has exactly these
  return names.filter((name) => source[name] !== undefined && source[name] !== ON_BY_DEFAULT.has(name));
}

/** An option of a source that does not name it. */
type Detail = Exclude<keyof SourceOptions, (typeof SOURCES)[number]>;

/** The settings that name a source. */
export const SOURCES = ["simulate", "replay", "upstream", "cluster"] as const;

/** The sources that each other setting is for. */
const SOURCES_OF: { readonly [Name in Detail]: readonly string[] } = {
  speed: ["simulate", "replay"],
  seed: ["simulate"],
  symbols: ["simulate", "replay"],
  rate: ["simulate"],
  past: ["simulate"],
  loop: ["replay"],
  shift: ["replay"],
  order: ["replay"],
  channels: ["replay"],
  from: ["replay"],
  to: ["replay"],
  credentials: ["upstream"],
  keyIdVariable: ["upstream"],
  secretKeyVariable: ["upstream"],
  fill: ["upstream"],
  upstreamHistory: ["upstream"],
  universe: ["upstream"],
  maxUpstreamSymbols: ["upstream"],
  linger: ["upstream"],
  clusterCredentials: ["cluster"],
  clusterCa: ["cluster"],
  clusterCert: ["cluster"],
  clusterKey: ["cluster"],
  clusterHistory: ["cluster"],
};

/** Returns what is wrong with the options of a gateway, each in a sentence. Checks no files. */
export function serverFaults(options: Partial<ServerOptions>, nameOf: NameOf): string[] {
  const { host, port, metricsPort, history, historyMinutes, historyMb, plan, tlsCert, tlsKey, record, keep } = options;
  const faults: string[] = [];
  if (host === "") faults.push(`${nameOf("host")} must not be empty; to listen on every network, give 0.0.0.0`);
  for (const [name, value] of Object.entries({ historyMinutes, historyMb, plan }))
    if (history === false && value !== undefined) faults.push(noHistory(name, nameOf));
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    faults.push(`${nameOf("tlsCert")} and ${nameOf("tlsKey")} must be given together`);
  if (metricsPort !== undefined && metricsPort !== 0 && metricsPort === port)
    faults.push(`${nameOf("metricsPort")} must be another port than ${nameOf("port")}`);
  if (keep !== undefined && record === undefined)
    faults.push(`${nameOf("keep")} is for a recording, and ${nameOf("record")} is not given`);
  return faults;
}

function noHistory(name: string, nameOf: NameOf): string {
  return `${nameOf(name)} is for the history, which ${off("history", nameOf)} off; give one of the two`;
}

/** Returns what turns an option off, and the verb. */
function off(option: string, nameOf: NameOf): string {
  return nameOf === FLAG_NAMES ? `${nameOf(option)} turns` : `${option}: false turns`;
}
