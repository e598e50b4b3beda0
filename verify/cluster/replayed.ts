import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { readTrades, writeRecording } from "../seam/recording.ts";
import { type Command, linesOf, portOf, tickerplant } from "../shared/command.ts";
import { freePort, NatsServer } from "./nats-server.ts";
import { Resources } from "./resources.ts";

const SPEED = "900";
/** The leader is killed after so long: in the middle of the recording that is made. */
const KILL_AFTER_MS = 12_000;
const END_TIMEOUT_MS = 180_000;

/**
 * Replays a recording in a gateway, from which two ingests write into NATS; the one that leads is killed in the middle.
 * `tickerplant stream` at each of two gateways of the cluster must print every trade once, in the order of its symbol.
 */
export async function checkReplayed(program: string, folder: string, file: string | undefined): Promise<boolean> {
  const recording = file ?? (await writeRecording(join(folder, "day.jsonl")));
  const expected = await readTrades(recording);
  await using resources = new Resources();
  const begin = (args: readonly string[]): Command => resources.command(tickerplant(args));
  const server = resources.use(new NatsServer(program, join(folder, "replayed"), await freePort()));
  await server.start();
  const cluster = ["--cluster", `nats://127.0.0.1:${server.port}`];
  const replay = begin(["serve", "--replay", recording, "--speed", SPEED, "--once", "--feed", "sip", "--port", "0"]);
  const upstream = ["--upstream", `ws://127.0.0.1:${await portOf(replay)}/v2/sip`];
  const readers: Promise<string[]>[] = [];
  for (let count = 0; count < 2; count++) {
    const port = await portOf(begin(["serve", ...cluster, "--feed", "sip", "--port", "0"]));
    const reader = begin([
      ...["stream", "trades", "*", "--format", "jsonl", "--count", String(expected.count)],
      ...["--url", `ws://127.0.0.1:${port}/v2/sip`],
    ]);
    await says(reader, /subscribed/);
    readers.push(linesOf(reader.stdout));
  }
  const leader = begin(["ingest", ...upstream, ...cluster, "--name", "A"]);
  await says(leader, /this ingest leads/);
  const follower = begin(["ingest", ...upstream, ...cluster, "--name", "B"]);
  await says(follower, /ready to take over/);
  await wait(KILL_AFTER_MS);
  leader.kill("SIGKILL");
  const timer = setTimeout(() => void resources[Symbol.asyncDispose](), END_TIMEOUT_MS); // then their output ends
  const printed = await Promise.all(readers);
  clearTimeout(timer);
  const problems = printed.map((lines) => expected.problems(lines));
  for (const [index, lines] of printed.entries()) {
    const found = problems[index] ?? [];
    console.log(
      `stream at gateway ${index + 1}: ${lines.length} of ${expected.count} trades, ${found.length} problems`,
    );
    for (const problem of found.slice(0, 10)) console.log(`  ${problem}`);
  }
  return problems.every(({ length }) => length === 0);
}

/** Resolves when a command has written a line; its later messages are dropped. */
async function says(command: Command, line: RegExp): Promise<void> {
  let text = "";
  for (;;) {
    const [chunk] = await Promise.race([once(command.stderr, "data"), once(command, "exit")]);
    if (!(chunk instanceof Buffer)) throw new Error(`a command ended before it said ${line}: ${text}`);
    text += chunk.toString();
    if (line.test(text)) break;
  }
  command.stderr.resume();
}
