import { once } from "node:events";
import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createGunzip } from "node:zlib";
import type { ClientProcess } from "../interop/client-process.ts";
import { OFFICIAL_CLIENTS, type OfficialClient } from "../interop/clients.ts";
import { readTrades, writeRecording } from "../seam/recording.ts";
import { type Command, KEYS, linesOf, portOf, tickerplant } from "../shared/command.ts";
import { CuttingProxy } from "../shared/cutting-proxy.ts";

const USAGE = `Usage: npm run relay -- [FILE] [--speed N]

Replays a recording in a gateway and reads it through a relay: as a whole, with "tickerplant stream" in both codecs
and with the official TypeScript client; and with that client while the connection between gateway and relay is cut
every 1.5 to 3.5 seconds, until ten seconds before the end. Every record must arrive once and in its order. Without FILE, a
recording is made.`;

/** A gateway that has ended has no history: what is lost at its end cannot be filled. */
const WHOLE_END_MS = 10_000;
const READY_TIMEOUT_MS = 10_000;
const END_TIMEOUT_MS = 120_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { speed: { type: "string", default: "900" }, help: { type: "boolean", default: false } },
});
async function main(): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), "tickerplant-relay-"));
  try {
    const file = positionals[0] ?? (await writeRecording(join(folder, "day.jsonl")));
    const expected = await recordsOf(file);
    const official = OFFICIAL_CLIENTS.find(({ name }) => name === "@alpacahq/alpaca-trade-api");
    if (official === undefined) throw new Error("the official TypeScript client is not in the list");
    const results = [
      await checkWhole(file, expected, "msgpack"),
      await checkWhole(file, expected, "json"),
      await checkOfficial(file, expected, official),
      await checkCut(file, official),
    ];
    return results.every((hasPassed) => hasPassed);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A gateway and a relay behind it. */
class Pair implements AsyncDisposable {
  readonly port: number;
  /** The relay's messages. */
  readonly log: readonly string[];
  readonly #commands: readonly Command[];

  private constructor(port: number, log: readonly string[], commands: readonly Command[]) {
    this.port = port;
    this.log = log;
    this.#commands = commands;
  }

  /** Starts both; `through` returns the port at which the relay finds the gateway. */
  static async start(file: string, speed: string, through = async (port: number) => port): Promise<Pair> {
    const gateway = tickerplant([
      "serve",
      "--replay",
      file,
      "--speed",
      speed,
      "--once",
      "--port",
      "0",
      "--feed",
      "sip",
    ]);
    const port = await through(await portOf(gateway));
    const url = `ws://127.0.0.1:${port}/v2/sip`;
    const keys = ["--key", KEYS.APCA_API_KEY_ID, "--secret", KEYS.APCA_API_SECRET_KEY];
    const relay = tickerplant(["serve", "--upstream", url, "--once", "--port", "0", ...keys]);
    const log: string[] = [];
    return new Pair(await portOf(relay, log), log, [gateway, relay]);
  }

  /** The exit codes of both, once they have ended; null for one that had to be killed. */
  async codes(): Promise<(number | null)[]> {
    const kill = (): void => this.#commands.forEach((command) => void command.kill("SIGKILL"));
    const timer = setTimeout(kill, END_TIMEOUT_MS);
    try {
      return await Promise.all(
        this.#commands.map(async (command) => command.exitCode ?? (await once(command, "exit"))[0]),
      );
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const command of this.#commands) {
      if (command.exitCode !== null) continue;
      command.kill("SIGKILL");
      await once(command, "exit");
    }
  }
}

async function checkWhole(file: string, expected: readonly string[], codec: string): Promise<boolean> {
  await using pair = await Pair.start(file, "max");
  const reader = tickerplant([
    ...["stream", "trades,quotes", "*", "--no-reconnect", "--format", "jsonl", "--codec", codec],
    ...["--url", `ws://127.0.0.1:${pair.port}/v2/sip`],
  ]);
  reader.stderr.resume();
  const lines = await linesOf(reader.stdout);
  return report(`tickerplant stream, ${codec}`, [...differences(expected, lines.map(keyOf)), ...(await badEnds(pair))]);
}

async function checkOfficial(file: string, expected: readonly string[], official: OfficialClient): Promise<boolean> {
  await using pair = await Pair.start(file, "max");
  await using program = await connected(official, pair, ["trades", "quotes"]);
  const problems = await badEnds(pair);
  await program.until("it has all records", () => program.records.length >= expected.length).catch(() => {});
  return report(official.name, [...differences(expected, program.records.map(keyOfRecord)), ...problems]);
}

async function checkCut(file: string, official: OfficialClient): Promise<boolean> {
  const expected = await readTrades(file);
  const times = (await recordsOf(file)).map((key) => Date.parse(key.split(" ")[0] ?? ""));
  const spanMs = (Math.max(...minMax(times)) - Math.min(...minMax(times))) / Number(values.speed);
  let proxy: CuttingProxy | undefined;
  await using pair = await Pair.start(file, values.speed, async (port) => {
    proxy = await CuttingProxy.listen(port);
    return proxy.port;
  });
  await using program = await connected(official, pair, ["trades"]);
  proxy?.start();
  await wait(Math.max(0, spanMs - WHOLE_END_MS));
  proxy?.stop();
  const problems = await badEnds(pair);
  await program.until("it has all trades", () => program.records.length >= expected.count).catch(() => {});
  proxy?.close();
  const title = `${official.name}, ${proxy?.cutsMs.length} cuts before the relay`;
  const lines = program.records.map((record) => JSON.stringify(record));
  const open = pair.log.filter((line) => line.includes("may be missing"));
  return report(title, [...open, ...expected.problems(lines), ...problems]);
}

async function connected(
  official: OfficialClient,
  { port }: Pair,
  channels: readonly ("trades" | "quotes")[],
): Promise<ClientProcess> {
  const program = official.start(
    `ws://127.0.0.1:${port}`,
    KEYS.APCA_API_KEY_ID,
    KEYS.APCA_API_SECRET_KEY,
    false,
    "sip",
  );
  for (const channel of channels) await program.send({ do: "subscribe", channel, symbols: ["*"] });
  await program.send({ do: "connect" });
  await program.until("it connects", () => program.connects > 0, READY_TIMEOUT_MS);
  return program;
}

async function badEnds(pair: Pair): Promise<string[]> {
  const codes = await pair.codes();
  return codes.every((code) => code === 0) ? [] : [`gateway and relay ended with ${codes.join(" and ")}`];
}

function report(title: string, problems: readonly string[]): boolean {
  console.log(`${problems.length === 0 ? "passed" : "failed"}  ${title}`);
  for (const problem of problems.slice(0, 10)) console.log(`  ${problem}`);
  return problems.length === 0;
}

/** The trades and quotes of a recording, in its order. */
async function recordsOf(file: string): Promise<string[]> {
  const input = createReadStream(file);
  const keys: string[] = [];
  for await (const line of createInterface(file.endsWith(".gz") ? input.pipe(createGunzip()) : input)) {
    const key = keyOf(line);
    if (/ [tq] /.test(key)) keys.push(key);
  }
  return keys;
}

/** A record as a string that its copy in another spelling has, too; it begins with the time. */
function keyOf(line: string): string {
  return keyOfRecord(JSON.parse(line.replace(/"i":(\d+)/, '"i":"$1"')) as Readonly<Record<string, unknown>>);
}

function keyOfRecord({ T, S, t, x, i, p, s, bx, bp, bs, ax, ap, as, c, z }: Readonly<Record<string, unknown>>): string {
  const values = T === "t" ? [x, i, p, s] : [bx, bp, bs, ax, ap, as];
  return `${String(t).replace(/\.?0*Z$/, "")}Z ${T} ${S} ${values.join(" ")} ${String(c)} ${z}`;
}

function differences(expected: readonly string[], got: readonly string[]): string[] {
  const problems = expected.length === got.length ? [] : [`${got.length} records in place of ${expected.length}`];
  const at = expected.findIndex((key, index) => key !== got[index]);
  if (at >= 0) problems.push(`record ${at + 1} is ${got[at] ?? "missing"} in place of ${expected[at]}`);
  return problems;
}

/** Least and greatest; a spread of so many arguments is too long for a call. */
function minMax(values: readonly number[]): [number, number] {
  return values.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
}

if (values.help) console.log(USAGE);
else process.exitCode = (await main()) ? 0 : 1;
