/** The ingest of a cluster, whose source is the server at a URL. Usage: cluster-ingest.js NATS URL. Answers `CpuQuestion`. */
import { Codec, STOCK_SCHEMA } from "@tickerplant/client";
import { StockTail } from "@tickerplant/client/history";
import { Cluster } from "@tickerplant/cluster";
import { upstream } from "tickerplant";
import { Ingest } from "tickerplant/cluster";
import { answerQuestions } from "../worker.ts";

const [servers = "", urlOverride = ""] = process.argv.slice(2);
const cluster = await Cluster.connect({ servers, name: "bench ingest" });
const ingest = new Ingest({
  feed: "sip",
  ports: await cluster.openFeed("sip", { keepBytes: 1_000_000_000 }),
  schema: STOCK_SCHEMA,
  source: (resume) =>
    upstream({
      feed: "sip",
      apiKey: "bench",
      secretKey: "bench",
      urlOverride,
      codec: Codec.MSGPACK,
      once: true, // so that it waits for NATS, and measures its own speed
      websocketParams: { perMessageDeflate: false },
      resume,
    }),
  tail: () => new StockTail(),
  symbols: { trades: ["*"], quotes: ["*"] },
  name: "bench",
  onEvent: (event) => {
    if (event.type === "failed") console.error(event.error.message);
    if (event.type === "stoppedLeading") process.exit(1); // a result with another leader would be wrong
  },
});
ingest.run(new AbortController().signal).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
answerQuestions(() => {
  const { user, system } = process.cpuUsage();
  return {
    cpuMicros: user + system,
    frames: ingest.counts.frames,
    isReady: ingest.report.upstream?.isConnected === true,
  };
});
