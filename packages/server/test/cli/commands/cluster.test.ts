import { Cluster } from "@tickerplant/cluster";
import { describe, expect, test } from "vitest";
import { run, start } from "../support/cli.ts";
import { ingest } from "../support/cluster.ts";
import { NATS_SERVER, startNats } from "../support/nats-server.ts";

function status(...args: string[]): ReturnType<typeof run> {
  return run(["cluster", "status", ...args]);
}

// NATS is a program of its own: without one on PATH, or in the variable NATS_SERVER, there is no cluster.
describe.skipIf(NATS_SERVER === undefined)("cluster status", { timeout: 60_000 }, () => {
  test("prints the leader and the readers of each feed, and exits with 0 while each is published", async () => {
    const nats = await startNats();
    for (const feed of ["sip", "crypto/us"]) {
      const leader = start(["ingest", "--simulate", "--feed", feed, "--cluster", nats.url, "--name", "london"]);
      await leader.says(/this ingest leads/);
    }
    const gateway = start(["serve", "--port", "0", "--cluster", nats.url]);
    await gateway.says(/the ingest london leads/);
    const { code, stdout, stderr } = await status("--cluster", nats.url);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^crypto\/us in TICKERPLANT_crypto_us\n {2}leader {3}london \(\S+\), epoch 1, since /);
    expect(stdout).toMatch(/\nsip in TICKERPLANT_sip\n(.*\n)* {2}problem {2}none\n {2}readers {2}1 reader\n/);
    expect(code).toBe(0);
    const one = await status("--cluster", nats.url, "--feed", "crypto/us", "--json");
    expect(JSON.parse(one.stdout)).toMatchObject({
      feed: "crypto/us",
      leader: { ingest: { name: "london" }, epoch: 1, isLeading: true },
      readers: [],
    });
  });

  test("exits with 1 and the reason if a feed has no leader", async () => {
    const nats = await startNats();
    await ingest(nats.url); // frames without a lease
    const { code, stdout, stderr } = await status("--cluster", nats.url);
    expect(stdout).toMatch(/^sip in TICKERPLANT_sip\n {2}leader {3}none\n/);
    expect(stderr).toBe("error: sip: no ingest leads it\n");
    expect(code).toBe(1);
  });

  test("exits with 1 for a NATS without feeds, and makes nothing in it", async () => {
    const nats = await startNats();
    for (const [args, what] of [
      [[], "a feed"],
      [["--feed", "iex"], "the feed iex"],
    ] as const) {
      const { code, stdout, stderr } = await status("--cluster", nats.url, ...args);
      expect([code, stdout, stderr]).toEqual([1, "", `error: no ingest has written ${what} into this NATS\n`]);
    }
    const cluster = await Cluster.connect({ servers: nats.url, name: "test" });
    expect(await cluster.feeds()).toEqual([]);
    expect(await cluster.existingFeed("iex")).toMatchObject({ leases: undefined, readers: undefined });
    await cluster.close();
  });
});

test("cluster status without a NATS that answers fails with a sentence and exit 1", async () => {
  const { code, stdout, stderr } = await status("--cluster", "nats://127.0.0.1:1");
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/^error: could not connect to NATS at nats:\/\/127\.0\.0\.1:1: .*\n$/);
});

test("cluster status without an address is a usage error", async () => {
  const { code, stderr } = await status();
  expect(stderr).toContain("cluster status needs --cluster with the address of NATS");
  expect(code).toBe(2);
});
