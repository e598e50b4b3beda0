/** A relay of the server at a URL. Usage: relay.js URL. It answers any question with its port. */
import { Codec } from "@tickerplant/client";
import { createGateway, listen, upstream } from "tickerplant";
import { answerQuestions } from "../worker.ts";

const [urlOverride = ""] = process.argv.slice(2);
const feed = upstream({
  feed: "sip",
  apiKey: "bench",
  secretKey: "bench",
  urlOverride,
  codec: Codec.MSGPACK,
  websocketParams: { perMessageDeflate: false },
});
const gateway = createGateway({ feeds: { sip: feed } });
const { port } = await listen(gateway, { compress: false }); // like the sender: measures the relay, not zlib
answerQuestions(() => port);
