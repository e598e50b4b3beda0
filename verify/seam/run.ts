import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { linesOf, portOf, tickerplant } from "../shared/command.ts";
import { CuttingProxy } from "../shared/cutting-proxy.ts";
import { readTrades, type SymbolTrades, writeRecording } from "./recording.ts";

const USAGE = `Usage: npm run seam -- [FILE] [--from TIME] [--speed N] [--codec msgpack|json] [--seconds N]

Replays a recording in a gateway, cuts the connection of "tickerplant stream --fill" every 1.5 to 3.5 seconds at
any byte, and checks that it prints every trade of the recording once, in the recording's order for each symbol.
By name and by *, in both codecs or the one that is named. Without FILE, a recording is made.`;

interface Run {
  readonly file: string;
  readonly from: string;
  readonly speed: string;
  readonly codec: string;
  readonly symbols: readonly string[];
  readonly limitMs: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    from: { type: "string" },
    speed: { type: "string", default: "1800" },
    codec: { type: "string" },
    seconds: { type: "string", default: "60" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) console.log(USAGE);
else process.exitCode = (await main()) ? 0 : 1;

async function main(): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), "tickerplant-seam-"));
  try {
    const file = positionals[0] ?? (await writeRecording(join(folder, "day.jsonl")));
    const expected = await readTrades(file);
    const from = values.from ?? expected.from;
    const { codec, speed } = values;
    let hasPassed = true;
    for (const each of codec === undefined ? ["msgpack", "json"] : [codec]) {
      for (const symbols of [[...expected.bySymbol.keys()], ["*"]]) {
        console.log(`${expected.count} trades of ${symbols.join(" ")}, ${each}`);
        const run = { file, from, speed, codec: each, symbols, limitMs: Number(values.seconds) * 1000 };
        hasPassed = (await check(run, expected)) && hasPassed;
      }
    }
    return hasPassed;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function check(run: Run, expected: SymbolTrades): Promise<boolean> {
  const gateway = tickerplant(["serve", "--replay", run.file, "--speed", run.speed, "--port", "0", "--feed", "iex"]);
  const port = await portOf(gateway);
  const proxy = await CuttingProxy.listen(port);
  proxy.start();
  const startedMs = performance.now();
  const stream = tickerplant([
    ...["stream", "trades", ...run.symbols, "--from", run.from, "--fill", "--count", String(expected.count)],
    ...["--format", "jsonl", "--codec", run.codec, "--json", "--url", `ws://127.0.0.1:${proxy.port}/v2/iex`],
  ]);
  const timer = setTimeout(() => stream.kill("SIGINT"), run.limitMs);
  const [got, log] = await Promise.all([linesOf(stream.stdout), linesOf(stream.stderr), once(stream, "exit")]);
  clearTimeout(timer);
  proxy.close();
  gateway.kill("SIGINT");
  await once(gateway, "exit");
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const problems = expected.problems(got);
  const isOpen = log.filter((line) => line.includes("may be missing"));
  console.log(`${got.length} lines in ${seconds} s, ${proxy.cutsMs.length} cuts`);
  for (const line of [
    ...problems.filter((line) => line.includes("repeats")).slice(0, 10),
    ...problems.slice(0, 10),
    ...isOpen.slice(0, 10),
  ])
    console.log(`  ${line}`);
  console.log(problems.length === 0 ? "every trade once, in order" : `failed: ${problems.length} problems`);
  return problems.length === 0;
}
