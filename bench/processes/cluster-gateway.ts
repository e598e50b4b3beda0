/** A gateway of a cluster. Usage: cluster-gateway.js NATS. Answers any question with its port and processor time. */
import { Cluster } from "@tickerplant/cluster";
import { clusterFeed, createGateway, listen } from "tickerplant";
import { answerQuestions } from "../worker.ts";

const [servers = ""] = process.argv.slice(2);
const cluster = await Cluster.connect({ servers, name: "bench gateway" });
const feed = clusterFeed({ feed: "sip", ports: () => cluster.readFeed("sip"), servers, historyMs: 0 });
const gateway = createGateway({ feeds: { sip: feed }, onEvent: () => {} }); // it waits for its ingest
const { port } = await listen(gateway, { compress: false }); // like the relay's
answerQuestions(() => {
  const { user, system } = process.cpuUsage();
  return { port, cpuMicros: user + system };
});
