import { describe, expect, test } from "vitest";
import { KEYS, linesOf, run, serve, start, stream } from "../support/cli.ts";
import { serveCluster } from "../support/cluster.ts";
import { NATS_SERVER, startNats } from "../support/nats-server.ts";

const NATS = "nats://127.0.0.1:1";

test.each([
  [[], "ingest needs --cluster with the address of NATS, such as nats://127.0.0.1:4222"],
  [["--cluster", NATS], "ingest needs a source: --upstream with a feed or a URL, or --simulate or --replay for tests"],
  [["--cluster", "http://host", "--simulate"], "It must be the address of NATS"],
  [["--cluster", NATS, "--simulate", "--upstream", "sip"], "cannot be used with option '--upstream"],
  [["--cluster", NATS, "--upstream", "ws://127.0.0.1:1/feed"], "names no feed; give the feed with --feed"],
  [["corrections", "*", "--cluster", NATS, "--simulate"], "corrections come only with trades"],
  [["--cluster", NATS, "--simulate", "--lease", "0.1"], "--lease must be 0.2 seconds or more"],
  [["--cluster", NATS, "--simulate", "--host", "::"], "--host is the address of --metrics-port, which is not given"],
])("ingest %s is misused: %s", async (args, message) => {
  const { code, stderr } = await run(["ingest", ...args], KEYS);
  expect(stderr).toContain(message);
  expect(code).toBe(2);
});

// NATS is a program of its own: without one on PATH, or in the variable NATS_SERVER, there is nothing to write to.
describe.skipIf(NATS_SERVER === undefined)("ingest", { timeout: 60_000 }, () => {
  test("writes an upstream's trades for gateways; another takes over from one that is killed, and none is missing", async () => {
    const nats = await startNats();
    const market = await serve("--simulate", "--feed", "sip", "--symbols", "A,B", "--rate", "2000");
    const gateway = await serveCluster("--cluster", nats.url);
    const args = ["ingest", "trades", "*", "--upstream", `${market.url}/v2/sip`, "--cluster", nats.url, "--lease", "1"];
    const first = start([...args, "--name", "london"], { environment: KEYS });
    await first.says(/sip: this ingest leads, epoch 1/);
    const second = start([...args, "--name", "paris"], { environment: KEYS });
    await second.says(/sip: london leads, epoch 1; this ingest is ready to take over/);
    const received = stream(`${gateway.url}/v2/sip`, "trades", "A", "--count", "400", "--format", "jsonl");
    await gateway.server.says(/subscribed/);
    await new Promise((resolve) => setTimeout(resolve, 500)); // trades of the first
    first.child.kill("SIGKILL");
    await second.says(/sip: this ingest leads, epoch 2, and continues behind/);
    const lines = linesOf((await received).stdout).map((line) => JSON.parse(line));
    const ids = lines.map(({ i, x, t }) => `${i} ${x} ${t}`);
    expect(new Set(ids).size).toBe(400);
    expect(second.stderr).toMatch(/sip: filled trades of all symbols/);
    second.child.kill("SIGINT");
    expect(await second.ended).toMatchObject({ code: 0 });
    expect(second.stderr).toMatch(/giving up the lease.*\n.*sip: this ingest leads no longer, epoch 2/);
  });

  test("exits with 1 and a sentence if the stream has other limits, and leaves them", async () => {
    const nats = await startNats();
    const args = ["ingest", "trades", "*", "--simulate", "--feed", "sip", "--cluster", nats.url];
    const one = start([...args, "--keep-hours", "1"], { environment: KEYS });
    await one.says(/this ingest leads/);
    one.child.kill("SIGTERM");
    await one.ended;
    const { code, stderr } = await run([...args, "--keep-hours", "2"], KEYS);
    expect(stderr).toContain("it keeps frames for 1 hours, not frames for 2 hours. Change it with");
    expect(stderr).not.toContain(" at ");
    expect(code).toBe(1);
  });

  test("starts before NATS does, says so once, and leads when NATS is there", async () => {
    const reserved = await startNats();
    await reserved.stop();
    const args = [
      "ingest",
      "trades",
      "*",
      "--simulate",
      "--feed",
      "sip",
      "--cluster",
      `nats://127.0.0.1:${reserved.port}`,
    ];
    const one = start(args, { environment: KEYS });
    await one.says(/could not connect to NATS at nats:\S+: .*; trying again/);
    await startNats([], reserved.port);
    await one.says(/this ingest leads, epoch 1/);
    expect(one.stderr.match(/trying again/g)).toHaveLength(1);
  });
});
