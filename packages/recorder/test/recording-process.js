// Records trades with ids from 0 on until it is killed, and sends the number of those that must have been written.
import { Trade } from "@tickerplant/client";
import { Recorder } from "@tickerplant/recorder";

const [dir] = process.argv.slice(2);
try {
  const recorder = await Recorder.open({ dir, feed: "sip" });
  let id = 0;
  let written = 0;
  setInterval(() => {
    for (let count = 0; count < 100; count++)
      recorder.sink.record(new Trade("AAPL", 1_763_130_600, id, id++, "V", 101.25, 100, ["@"], "C"));
    recorder.sink.flush();
  }, 5);
  setTimeout(() => (written = id), 300);
  setTimeout(() => process.send({ written }), 1300); // what is a second old
} catch (error) {
  process.send({ error: error.code });
}
