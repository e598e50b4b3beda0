import { parseArgs } from "node:util";
import { CLIENT, GATEWAY, type Mutant, runMutants, UPSTREAM } from "../shared/mutants.ts";
import { CLUSTER_MUTANTS } from "./cluster/mutants.ts";

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
    from: "while (!this.#busy.has(symbol, symbolNumber)) {",
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
    name: "everything up to the newest time seen counts as complete",
    file: `${CLIENT}/continuity/backfill/backfill.js`,
    from: "Math.min(confirmedMs, gap.from.getTime())",
    to: "gap.to.getTime()",
  },
  {
    name: "live records are delivered while their symbol is being filled",
    file: `${CLIENT}/continuity/backfill/backfill.js`,
    from: "if (this.#hold.push(record, channel, symbol, symbolNumber, seconds, nanos)) {",
    to: "if (false) {",
  },
  {
    name: "a full page of history is taken for the last",
    file: `${CLIENT}/continuity/backfill/page-reader.js`,
    from: "token = page.nextToken;",
    to: "token = undefined;",
  },
  {
    name: "a fill delivers again what was delivered before",
    file: `${CLIENT}/continuity/backfill/symbol-fill.js`,
    from: "if (this.#isDelivered(key, identity)) {",
    to: "if (false) {",
  },
  {
    name: "pages of history that repeat or go back are accepted",
    file: `${CLIENT}/continuity/backfill/page-reader.js`,
    from: "checkOrder(order, page);",
    to: "",
  },
  {
    name: "a symbol ends with the first page of history",
    file: `${CLIENT}/continuity/backfill/gap-fill.js`,
    from: "=> isProven && (isLast || symbol < reached))",
    to: "=> isProven)",
  },
  {
    name: "a fill does not look back for late trades",
    file: `${CLIENT}/continuity/backfill/gap-fill.js`,
    from: "gap.from.getTime() - rules.lookBackMs",
    to: "gap.from.getTime()",
  },
  {
    name: "a fill delivers records from before a symbol was confirmed",
    file: `${CLIENT}/continuity/backfill/symbol-fill.js`,
    from: "timeNs < this.#wanted.fromNs",
    to: "false",
  },
  {
    name: "a request for history that fails once ends the fill",
    file: `${CLIENT}/continuity/backfill/page-reader.js`,
    from: "attempt >= LIMITS.fillAttempts",
    to: "attempt >= 0",
  },
  {
    name: "a symbol is released although another gap of it is open",
    file: `${CLIENT}/continuity/backfill/backfill.js`,
    from: "this.#heldGaps.hasAnother(gap, symbol)",
    to: "false",
  },
  {
    name: "a stop leaves gaps without an outcome",
    file: `${CLIENT}/continuity/backfill/backfill.js`,
    from: "fill.outcome.openRest(stoppedFill());",
    to: "",
  },
  {
    name: "a stop leaves the timer of a fill",
    file: `${CLIENT}/continuity/backfill/backfill.js`,
    from: "this.#stream.clock.clearTimer(this.#repeatsTimer);",
    to: "",
  },
  {
    name: "two fills request history at the same time",
    file: `${CLIENT}/continuity/backfill/backfill.js`,
    from: "if (this.#isWorking)\n            return;",
    to: "",
  },
  {
    name: "void trades of history are delivered",
    file: `${CLIENT}/continuity/backfill/symbol-fill.js`,
    from: "if (copy === undefined && isVoid(past)) {",
    to: "if (false) {",
  },
  {
    name: "every fill counts as proven by a live record",
    file: `${CLIENT}/continuity/backfill/gap-fill.js`,
    from: "this.outcome.filled(symbol, hasShownLive);",
    to: "this.outcome.filled(symbol, true);",
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
  {
    name: "a rejection by upstream answers all requests that wait",
    file: `${UPSTREAM}/upstream-demand.js`,
    from: "request.reject(rejection);",
    to: "request.reject(rejection);\n        for (const other of this.#waiting.splice(0))\n            other.request.reject(rejection);",
  },
  {
    name: "a released symbol is unsubscribed although a client has come back",
    file: `${UPSTREAM}/upstream-demand.js`,
    from: "this.#lingering.delete(key);\n        const rejection",
    to: "void key;\n        const rejection",
  },
  {
    name: "a relay unsubscribes without a linger",
    file: `${UPSTREAM}/upstream-demand.js`,
    from: "const endMs = clock.monotonic() + lingerMs;",
    to: "const endMs = clock.monotonic();",
  },
  {
    name: "a rejected request unsubscribes symbols that another client has",
    file: `${UPSTREAM}/upstream-demand.js`,
    from: "|| this.#held.has(key) ",
    to: "",
  },
  {
    name: "a relay confirms before upstream does",
    file: `${UPSTREAM}/upstream-demand.js`,
    from: "this.#asked.add(asked);",
    to: "this.#asked.add(asked);\n        asked.request.confirm();",
  },
  {
    name: "a relay keeps clients of a symbol that upstream rejects after a reconnect",
    file: `${GATEWAY}/hub.js`,
    from: "client.closeWith(rejection, WITHDRAWN);",
    to: "void client;",
  },
  {
    name: "the last client's departure releases nothing upstream",
    file: `${GATEWAY}/demand.js`,
    from: "this.#idle.add(entry);\n        this.#schedule();",
    to: "",
  },
  {
    name: "a relay does not report its gaps",
    file: `${UPSTREAM}/upstream-run.js`,
    from: "else\n                sink.gap?.(gap);",
    to: "",
  },
  {
    name: "a relay does not report gaps that stay open",
    file: `${UPSTREAM}/upstream-run.js`,
    from: "sink.gap?.({ ...gap, ...(cause && { cause }) });\n            this.#fillEnded(gap);",
    to: "this.#fillEnded(gap);",
  },
  {
    name: "a client ignores the gaps that a relay reports",
    file: `${CLIENT}/stream/connection-loop.js`,
    from: "gap: (gap) => this.#gapReported(gap),",
    to: "gap: () => { },",
  },
  {
    name: "a relay does not repeat its gaps to clients that were away",
    file: `${GATEWAY}/hub.js`,
    from: "client.repeatGaps(this.#recentGaps.list(), added);",
    to: "",
  },
  {
    name: "a relay publishes a record twice that it has by name and by wildcard",
    file: `${UPSTREAM}/upstream-demand.js`,
    from: "subscription = stream.subscribe(symbolsOf(missing), handler);",
    to: "subscription = stream.subscribe(symbolsOf(missing), (record) => handler(record));",
  },
  {
    name: "a record that was held is passed on with the bytes of another",
    file: `${UPSTREAM}/passing-frames.js`,
    from: "this.#sink.publish(record, this.#kept.get(record))",
    to: "this.#sink.publish(record, shown)",
  },
];

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "5000" },
    /** The defects of a cluster alone. */
    cluster: { type: "boolean", default: false },
  },
});

/** Runs the worlds that `args` choose. Returns the exit code. */
function run(mutants: readonly Mutant[], args: readonly string[]): Promise<number> {
  return runMutants(mutants, {
    file: "simulation/run.js",
    args: ["--seeds", values.seeds, "--bail", ...args],
    argsOfOriginal: ["--seeds", "100", "--bail", ...args],
    summaryOf: (output) => /^the first is .*$/m.exec(output)?.[0],
  });
}

const isFound = values.cluster || (await run(MUTANTS, [])) === 0;
process.exitCode = Math.max(isFound ? 0 : 1, await run(CLUSTER_MUTANTS, ["--cluster"]));
