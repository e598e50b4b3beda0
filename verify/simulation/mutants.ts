import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** One defect: its name, and the edit of a built file that causes it. */
interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const CLIENT = "node_modules/@tickerplant/client/dist";
const GATEWAY = "node_modules/tickerplant/dist/gateway";

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

/** Time limit of one mutant: one that hangs counts as caught. */
const TIMEOUT_MS = 300_000;

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Copies the built packages and the simulation to a folder where they can be edited. */
async function copyProgram(folder: string): Promise<void> {
  for (const [name, source] of [
    ["@tickerplant/client", "packages/client"],
    ["tickerplant", "packages/server"],
  ] as const) {
    const target = join(folder, "node_modules", name);
    await mkdir(target, { recursive: true });
    for (const part of ["package.json", "dist"])
      await cp(join(root, source, part), join(target, part), { recursive: true });
  }
  for (const name of ["ws", "csv-parse"]) {
    await symlink(join(root, "node_modules", name), join(folder, "node_modules", name));
  }
  await cp(join(root, "verify/dist"), join(folder, "verify"), { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
}

/** Runs the simulation; returns whether all seeds passed, and its summary. */
function run(folder: string, seeds: string): Promise<{ isClean: boolean; summary: string }> {
  return new Promise((resolve) => {
    const program = join(folder, "verify/simulation/run.js");
    const child = spawn(process.execPath, [program, "--seeds", seeds, "--bail"], { timeout: TIMEOUT_MS });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.on("close", (code) => {
      const summary = /^the first is .*$/m.exec(output)?.[0] ?? output.trim().split("\n").at(-1) ?? "";
      resolve({ isClean: code === 0, summary });
    });
  });
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { seeds: { type: "string", default: "5000" } } });
  const folder = await mkdtemp(join(tmpdir(), "tickerplant-mutants-"));
  let missed = 0;
  try {
    await copyProgram(folder);
    const original = await run(folder, "100");
    if (!original.isClean) throw new Error(`the simulation fails without a mutant: ${original.summary}`);
    for (const { name, file, from, to } of MUTANTS) {
      const path = join(folder, file);
      const text = await readFile(path, "utf8");
      if (!text.includes(from)) throw new Error(`cannot make "${name}": ${file} no longer contains: ${from}`);
      await writeFile(path, text.replaceAll(from, to));
      const { isClean, summary } = await run(folder, values.seeds);
      await writeFile(path, text);
      if (isClean) missed++;
      console.log(`${isClean ? "MISSED" : "caught"}  ${name}${isClean ? "" : `\n        ${summary.slice(0, 160)}`}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  console.log(`${MUTANTS.length - missed} of ${MUTANTS.length} mutants caught`);
  return missed === 0 ? 0 : 1;
}

process.exitCode = await main();
