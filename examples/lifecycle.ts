import { openMarket } from "./market.ts";

const { gateway, listener, stream } = await openMarket();

stream.on("status", (status) => {
  if (status.state === "reconnecting")
    console.log("reconnecting in", Math.round(status.delayMs), "ms:", status.cause.code);
  else console.log(status.state);
});
stream.on("error", (error) => console.log("error", error.code, error.symbols));

// A rejection arrives in the promise and as an event.
gateway.faults.subscribeError = 405;
const rejected = stream.subscribeTrades(() => {}, "AAPL");
await stream.connect();
await rejected.ready.catch((error: Error) => console.log("rejected:", error.message));
delete gateway.faults.subscribeError;

// The connection ends in the middle of a frame, and the stream reconnects.
let seen = 0;
gateway.faults.cutAfterRecords = 20;
const quotes = stream.subscribeQuotes(() => seen++, "*");
await quotes.ready;
const back = new Promise<void>((resolve) => {
  stream.on("status", ({ state }) => {
    if (state === "reconnecting") delete gateway.faults.cutAfterRecords;
    if (state === "authenticated") resolve();
  });
});
await back;
console.log("back after", seen, "quotes, subscribed again:", quotes.states);

await stream.stop();
await listener.close();
