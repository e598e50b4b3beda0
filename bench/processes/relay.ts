/** A relay of the server at a URL; with `once` it waits for its clients. Usage: relay.js URL [once]. It answers any question with its port. */
import { Codec } from "@tickerplant/client";
import { createGateway, listen, upstream } from "tickerplant";
import { answerQuestions } from "../worker.ts";

const [urlOverride = "", once] = process.argv.slice(2);
const feed = upstream({
  feed: "sip",
  apiKey: "bench",
  secretKey: "bench",
  urlOverride,
  codec: Codec.MSGPACK,
  once: once === "once",
  websocketParams: { perMessageDeflate: false },
});
const gateway = createGateway({ feeds: { sip: feed } });
const { port } = await listen(gateway, { compress: false }); // like the sender: measures the relay, not zlib
answerQuestions(() => port);
