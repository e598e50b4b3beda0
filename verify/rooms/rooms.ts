/** A package whose folders are rooms, and what each room may import. */
export interface RoomPlan {
  /** The folder of the sources. All other paths here are relative to it. */
  readonly root: string;
  /**
   * Rooms from top to bottom: folders, and single files. A file belongs to the longest name that fits.
   * A room imports the rows below it; rooms of one row do not import each other.
   */
  readonly order: readonly (readonly string[])[];
  /** Files that are imported by a name, through `imports` or `exports` of package.json. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Rooms that may import packages and Node's modules. Default: all. */
  readonly nodeRooms?: readonly string[];
  /** Rooms that may import or name an asset class. Default: all. */
  readonly assetClassRooms?: readonly string[];
  readonly exceptions: readonly Exception[];
}

/** Accepted violations. The check fails when an exception is no longer needed. */
export interface Exception {
  /** The files, by the beginning of their path. */
  readonly file: string;
  /** What they may use, each by its beginning: imported files, and words. */
  readonly names: readonly string[];
  readonly reason: string;
}

export const CLIENT: RoomPlan = {
  root: "packages/client/src",
  order: [
    ["index.ts", "index-history.ts", "index-metrics.ts", "index-otel.ts", "testing"], // entries of the package; no file imports them
    ["stocks", "crypto", "metrics"],
    ["stream"],
    ["history"],
    ["continuity"],
    ["connection"],
    ["subscriptions"],
    ["delivery"],
    ["platform/transport/node", "platform/transport/web.ts"],
    ["platform"],
    ["wire"],
    ["checks"],
    ["limits.ts", "version.ts"],
  ],
  aliases: {
    "#codecs": "connection/codecs.ts",
    "#crypto/msgpack-fast-path": "crypto/msgpack-fast-path.ts",
    "#stocks/msgpack-fast-path": "stocks/msgpack-fast-path.ts",
    "@tickerplant/client/transport": "platform/transport/platform-transport.d.ts",
  },
  nodeRooms: ["platform/transport/node"],
  assetClassRooms: ["index.ts", "index-history.ts", "stocks", "crypto"],
  exceptions: [
    { file: "testing/scripted-gateway.ts", names: ["stocks/", "stock"], reason: "the default of a published class" },
    { file: "testing/scripted-history.ts", names: ["stocks/", "stock"], reason: "the history of a stock stream" },
    { file: "wire/server-error-texts.ts", names: ["quotes"], reason: "the errors of Alpaca's servers, word for word" },
    { file: "wire/stream-error.ts", names: ["iex"], reason: "the advice on a feed that the plan does not include" },
    { file: "index-otel.ts", names: ["@opentelemetry/api"], reason: "types alone, which the program's package has" },
    { file: "metrics/register-metrics.ts", names: ["@opentelemetry/api"], reason: "the same types" },
    { file: "wire/json/", names: ["quote"], reason: "the quotation mark of JSON" },
  ],
};

export const SERVER: RoomPlan = {
  root: "packages/server/src",
  order: [
    ["index.ts", "index-cluster.ts", "index-otel.ts", "cli"], // entries of the package; no file imports them
    ["cli/commands"],
    ["cli/config"],
    ["cli/board", "cli/recording"],
    ["cli/board/views"],
    ["cli/board/keys"],
    ["cli/board/model"],
    ["cli/board/terminal"],
    ["cli/board/limits.ts"],
    ["cli/input"],
    ["cli/output"],
    ["create-gateway.ts"],
    ["history", "http"],
    ["metrics"],
    ["gateway"],
    ["gateway/auth", "gateway/fan-out"],
    ["gateway/socket.ts"],
    ["gateway/limits.ts"],
    ["ingest"],
    ["feeds/cluster", "feeds/crypto-simulator", "feeds/order-books.ts"],
    ["feeds/simulator", "feeds/replay", "feeds/upstream"],
    ["feeds/upstream-history"],
    ["history/store"],
    ["feeds"],
    ["bars"],
    ["option-checks.ts", "optional-packages.ts"],
  ],
  aliases: {},
  assetClassRooms: [
    "index.ts",
    "cli",
    "cli/commands",
    "cli/config",
    "cli/board",
    "cli/board/views",
    "cli/board/keys",
    "cli/board/model",
    "cli/board/limits.ts",
    "cli/recording",
    "cli/input",
    "cli/output",
    "create-gateway.ts",
    "history",
    "feeds/cluster",
    "feeds/crypto-simulator",
    "feeds/order-books.ts",
    "feeds/simulator",
    "feeds/replay",
    "feeds/upstream",
    "feeds/upstream-history",
    "bars",
  ],
  exceptions: [],
};

export const RECORDER: RoomPlan = {
  root: "packages/recorder/src",
  order: [
    ["index.ts"], // the entry of the package; no file imports it
    ["overview", "recorder.ts"],
    ["background", "reading", "query"],
    ["promotion", "compaction", "verification", "sources", "retention.ts"],
    ["parquet"],
    ["disk-usage.ts"],
    ["folder"],
    ["log"],
    ["address.ts", "asset-class.ts", "folder-lock.ts"],
    ["durable-files.ts", "recorder-error.ts"],
    ["trading-day.ts"],
    ["limits.ts"],
  ],
  aliases: {},
  exceptions: [],
};

export const CLUSTER: RoomPlan = {
  root: "packages/cluster/src",
  order: [
    ["index.ts", "testing"], // entries of the package; no file imports them
    ["status.ts"],
    ["cluster.ts"],
    ["lease", "reading", "writing", "nats"],
    ["frames", "log"],
    ["pause.ts"],
    ["cluster-error.ts", "limits.ts"],
  ],
  aliases: {},
  exceptions: [],
};

export const DASHBOARD: RoomPlan = {
  root: "packages/dashboard/src",
  order: [
    ["main.ts"], // starts the page; no file imports it
    ["app"],
    ["watch", "chart", "quote", "tape", "health"],
    ["market"],
    ["gateway"],
    ["ui"],
  ],
  aliases: {},
  exceptions: [],
};
