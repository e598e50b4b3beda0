import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { query, temporaryFolder } from "../../../../recorder/test/folders.ts";
import { type Cli, run, start } from "../support/cli.ts";
import { ingest } from "../support/cluster.ts";
import { NATS_SERVER, startNats } from "../support/nats-server.ts";
import { logHasRecords } from "../support/recording.ts";

function record(url: string, dir: string, ...args: string[]): Cli {
  return start(["record", "--cluster", url, "--dir", dir, ...args]);
}

/** What the trades of a recording say of their ids, which an ingest counts from 1. */
async function idsIn(dir: string): Promise<object | undefined> {
  const [row] = await query(
    dir,
    "select count(*)::integer as n, count(distinct id)::integer as different, min(id)::integer as first, max(id)::integer as last from FILES(trades)",
  );
  return row;
}

function idsUpTo(n: number): object {
  return { n, different: n, first: 1, last: n };
}

// NATS is a program of its own: without one on PATH, or in the variable NATS_SERVER, there is nothing to record from.
describe.skipIf(NATS_SERVER === undefined)("record --cluster", { timeout: 60_000 }, () => {
  test("keeps every record once across a crash, a second Ctrl-C and a pause, and says what it kept", async () => {
    const nats = await startNats();
    await ingest(nats.url);
    const dir = temporaryFolder();
    const killed = record(nats.url, dir);
    await killed.says(/sip: connected to nats:/);
    await logHasRecords(join(dir, "feed=sip"));
    killed.child.kill("SIGKILL");
    await killed.ended;
    const interrupted = record(nats.url, dir);
    await interrupted.says(/sip: connected to nats:/);
    interrupted.child.kill("SIGINT");
    await interrupted.says(/press Ctrl-C again/);
    interrupted.child.kill("SIGINT");
    await interrupted.ended;
    const { code, stderr } = await record(nats.url, dir, "--duration", "2").ended;
    expect(code).toBe(0);
    expect(stderr).toMatch(/kept [\d,]+ records of sip in \d+ Parquet files? \([\d.]+ kB\) below .*feed=sip\n/);
    expect(stderr).toContain(
      'tickerplant query "select symbol, count(*) from trades group by all order by all" --dir ',
    );
    const ids = (await idsIn(dir)) as { readonly n: number };
    expect(ids.n).toBeGreaterThan(20);
    expect(ids).toEqual(idsUpTo(ids.n));
  });

  test("starts before NATS and the ingest do, and keeps what the stream has had since then", async () => {
    const reserved = await startNats();
    await reserved.stop();
    const dir = temporaryFolder();
    const recording = record(`nats://127.0.0.1:${reserved.port}`, dir);
    await recording.says(/could not connect to NATS at nats:\S+: .*; trying again/);
    const nats = await startNats([], reserved.port);
    await recording.says(/no ingest publishes this feed/);
    await ingest(nats.url);
    await recording.says(/the ingest london leads/);
    await logHasRecords(join(dir, "feed=sip"));
    recording.child.kill("SIGTERM");
    expect((await recording.ended).code).toBe(0);
    const ids = (await idsIn(dir)) as { readonly n: number };
    expect(ids).toEqual(idsUpTo(ids.n));
  });

  test("fails with the reason if nothing could be read in the time given", async () => {
    const nats = await startNats();
    const { code, stderr } = await record(nats.url, temporaryFolder(), "--feed", "crypto/us", "--duration", "2").ended;
    expect(stderr).toMatch(/error: nothing was read: no ingest publishes this feed\n$/);
    expect(code).toBe(1);
  });

  test("exits with 1 and a sentence without the password if NATS rejects it", async () => {
    const nats = await startNats(["--user", "recorder", "--pass", "right-0123456789"]);
    const address = `nats://recorder:wrong-0123456789@127.0.0.1:${nats.port}`;
    const { code, stderr } = await record(address, temporaryFolder()).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /error: could not connect to NATS at nats:\/\/127\.0\.0\.1:\d+: NATS rejects the credentials/,
    );
    expect(stderr).not.toContain("wrong-0123456789");
  });
});

test.each([
  [
    ["trades", "*", "--cluster", "nats://host"],
    /records all channels and symbols that the ingest writes: leave them out/,
  ],
  [["--cluster", "nats://host", "--url", "ws://host/v2/iex"], /'--cluster <url>' cannot be used with option '--url/],
  [["--cluster", "nats://host", "--fill"], /cannot be used with option '--fill'/],
  [["--cluster", "nats://host", "--no-reconnect"], /cannot be used with option '--no-reconnect'/],
  [["--cluster", "http://host"], /must be the address of NATS/],
  [["trades", "*", "--cluster-ca", "ca.pem"], /--cluster-ca is for --cluster, which is not given/],
  [["trades"], /record needs channels and symbols, such as trades,quotes AAPL MSFT, or --cluster/],
])("record %j is rejected with exit 2 and the reason", async (args, reason) => {
  const { code, stderr } = await run(["record", ...args, "--dir", temporaryFolder()]);
  expect(stderr).toMatch(reason);
  expect(code).toBe(2);
});
