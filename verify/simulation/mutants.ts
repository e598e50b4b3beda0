import { parseArgs } from "node:util";
import { CLIENT, GATEWAY, type Mutant, runMutants } from "../shared/mutants.ts";

const MUTANTS: readonly Mutant[] = [
  {
    name: "an answer confirms symbols that it does not list",
    file: `${CLIENT}/subscriptions/ledger.js`,
    from: "const isListed = (entry) => lists.get(entry.channel)?.has(entry.symbol) ?? false;",
    to: "const isListed = () => true;",
  },
  {
    name: "a reconnect forgets pending requests",
    file: `${CLIENT}/subscriptions/request-queue.js`,
    from: "this.#toSubscribe = new Set(pending);",
    to: "this.#toSubscribe = new Set();",
  },
  {
    name: "a stop does not settle promises that wait for an answer",
    file: `${CLIENT}/stream/data-stream.js`,
    from: "this.#ledger.waiters.fail(",
    to: "void (",
  },
  {
    name: "a symbol that no subscription holds stays subscribed",
    file: `${CLIENT}/subscriptions/ledger.js`,
    from: "this.#abandonUnwanted(lists);",
    to: "",
  },
  {
    name: "records of one symbol are handled concurrently",
    file: `${CLIENT}/delivery/handler-consumer.js`,
    from: "const isBusy = this.#busy.has(symbol, symbolNumber);",
    to: "const isBusy = false;",
  },
  {
    name: "a second request goes out before the first is answered",
    file: `${CLIENT}/subscriptions/ledger.js`,
    from: "if (this.isAwaitingAnswer)\n            return undefined;\n        const { action, entries }",
    to: "const { action, entries }",
  },
  {
    name: "handlers are called after one of them stopped the stream",
    file: `${CLIENT}/delivery/routing.js`,
    from: "consumer.deliver(record, symbol, symbolNumber);\n            if (!this.isOpen)\n                return;",
    to: "consumer.deliver(record, symbol, symbolNumber);",
  },
  {
    name: "a symbol that one handler removed is delivered to the next",
    file: `${CLIENT}/delivery/routing.js`,
    from: "const isChanged = routes.changes !== changes;",
    to: "const isChanged = false;",
  },
  {
    name: "a record that waits for its symbol is never delivered",
    file: `${CLIENT}/delivery/handler-consumer.js`,
    from: "while (this.#waiting.has(symbol, symbolNumber) && !this.#busy.has(symbol, symbolNumber)) {",
    to: "while (false) {",
  },
  {
    name: "a timer survives the close",
    file: `${CLIENT}/connection/connection.js`,
    from: "this.#clock.clearTimer(this.#pingTimer);",
    to: "",
  },
  {
    name: "drops are not counted",
    file: `${CLIENT}/delivery/record-queue.js`,
    from: "this.dropped++;",
    to: "",
  },
  {
    name: "the limit of a queue is ignored",
    file: `${CLIENT}/delivery/record-queue.js`,
    from: "return this.size >= this.#maxQueued;",
    to: "return false;",
  },
  {
    name: "reading never resumes after a blocked subscription",
    file: `${CLIENT}/delivery/queueing-consumer.js`,
    from: "this.#isPressing = false;\n        this.#events.pressureChanged();",
    to: "this.#isPressing = false;",
  },
  {
    name: "frames of an old socket are processed",
    file: `${CLIENT}/connection/connection.js`,
    from: "if (this.#hasEnded || this.#session === undefined)\n            return;\n        const nowMs",
    to: "if (this.#session === undefined)\n            return;\n        const nowMs",
  },
  {
    name: "an unsubscribe keeps the route",
    file: `${CLIENT}/delivery/routing.js`,
    from: "named?.delete(consumer);",
    to: "",
  },
  {
    name: "a gap starts too late",
    file: `${CLIENT}/continuity/gap-reporter.js`,
    from: "return Math.floor(lostMs - (this.#schema.traits[channel]?.spanMs ?? 0));",
    to: "return Math.floor(lostMs) + 500;",
  },
  {
    name: "a stalled subscription blocks the socket forever",
    file: `${CLIENT}/stream/slow-reporter.js`,
    from: "consumer.isolate(!this.#parts.pauses);",
    to: "return;",
  },
  {
    name: "a nearly full queue blocks the socket without counting as stalled",
    file: `${CLIENT}/stream/slow-reporter.js`,
    from: "if (!consumer.isAtLimit && !consumer.isFull)",
    to: "if (!consumer.isAtLimit)",
  },
  {
    name: "an isolated subscription does not recover",
    file: `${CLIENT}/delivery/queueing-consumer.js`,
    from: "if (!this.isIsolated || this.#staysUntilDrained)",
    to: "if (this.isIsolated || !this.isIsolated)",
  },
  {
    name: "a batch leaves out the record that it waited for",
    file: `${CLIENT}/subscriptions/record-iterator.js`,
    from: "batch.unshift(first.value);",
    to: "",
  },
  {
    name: "records that an isolated subscription missed are not reported",
    file: `${CLIENT}/delivery/missed-ranges.js`,
    from: "range.count++;",
    to: "if (range.count++ > 2) return;",
  },
  {
    name: "one outlying time moves the market's time",
    file: `${CLIENT}/delivery/channel-times.js`,
    from: "this.#suspect({ timeMs, atMs }, symbol, received, needed);",
    to: "this.#believe({ timeMs, atMs });",
  },
  {
    name: "a gap ends by the local clock in every market",
    file: `${CLIENT}/continuity/gap-reporter.js`,
    from: "if (this.#market.isOurs)",
    to: "if (true)",
  },
  {
    name: "an error contains the secret",
    file: `${CLIENT}/connection/session.js`,
    from: '"handshake_timeout", `the server',
    to: '"handshake_timeout", this.#options.secretKey + `the server',
  },
  {
    name: "a subscription by name and by wildcard receives a record twice",
    file: `${GATEWAY}/fan-out/fan-out.js`,
    from: "if (!recipients?.has(recipient))",
    to: "",
  },
  {
    name: "a client that left a whole channel still receives its shared frames",
    file: `${GATEWAY}/fan-out/fan-out.js`,
    from: "holding.shared?.recipients.delete(recipient);",
    to: "",
  },
  {
    name: "the limit of a client's buffer is ignored",
    file: `${GATEWAY}/fan-out/outbox.js`,
    from: "return this.#inFlightBytes > this.#maxBufferedBytes;",
    to: "return false;",
  },
  {
    name: "the gateway goes on serving an unsubscribed symbol",
    file: `${GATEWAY}/subscription-set.js`,
    from: "held?.delete(symbol);",
    to: "",
  },
];

const { values } = parseArgs({ options: { seeds: { type: "string", default: "5000" } } });
process.exitCode = await runMutants(MUTANTS, {
  file: "simulation/run.js",
  args: ["--seeds", values.seeds, "--bail"],
  argsOfOriginal: ["--seeds", "100", "--bail"],
  summaryOf: (output) => /^the first is .*$/m.exec(output)?.[0],
});
