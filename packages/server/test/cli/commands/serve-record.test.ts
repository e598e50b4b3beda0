import { mkdirSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { RECORD_FILE } from "../../../../../verify/shared/record-lines.ts";
import { query, temporaryFolder } from "../../../../recorder/test/folders.ts";
import { KEYS, run, serve, start, stream, temporaryFile } from "../support/cli.ts";
import { ingest, serveCluster } from "../support/cluster.ts";
import { NATS_SERVER, startNats } from "../support/nats-server.ts";
import { logHasRecords, WITHOUT_RECORDER } from "../support/recording.ts";

test("serve --record keeps a replay once, although several endpoints serve it, and logs the totals", async () => {
  const file = temporaryFile("day.jsonl", RECORD_FILE);
  const dir = temporaryFolder();
  const { server, url } = await serve(
    ...["--replay", file, "--feed", "sip,iex", "--speed", "max", "--once", "--record", dir],
  );
  expect(server.stderr).toContain(`recording sip into ${join(dir, "feed=sip")}; iex have the same records\n`);
  const client = await stream(`${url}/v2/iex`, "trades,quotes,bars", "*", "--format", "jsonl", "--no-reconnect");
  expect(client.code).toBe(0);
  const { code, stderr } = await server.ended;
  expect(code).toBe(0);
  expect(stderr).toContain("kept 11 records of sip in ");
  expect(readdirSync(dir)).toEqual(["feed=sip"]);
  expect(await query(dir, "select count(*)::integer as n from FILES(trades)")).toEqual([{ n: 2 }]);
});

test("serve --record rejects the folder of a recording that it replays", async () => {
  const dir = temporaryFolder();
  const folder = join(dir, "feed=sip");
  mkdirSync(folder);
  for (const replayed of [dir, folder]) {
    const { code, stderr } = await run(["serve", "--replay", replayed, "--record", `${dir}/`, "--port", "0", "--once"]);
    expect(code).toBe(2);
    expect(stderr).toContain(`${replayed} is part of the recording ${dir}/, and its replay would be recorded`);
  }
});

test("serve --record keeps what a relay publishes, and where it came from without secrets", async () => {
  const origin = await serve("--simulate", "--symbols", "20", "--rate", "2000");
  const dir = temporaryFolder();
  const upstream = `${origin.url.replace("ws://", "ws://user:S3CRET@")}/v2/iex?token=S3CRET`;
  const relay = start(["serve", "--port", "0", "--upstream", upstream, "--record", dir], { environment: KEYS });
  const [, url = ""] = await relay.says(/serving .* at (ws:\/\/127\.0\.0\.1:\d+)/);
  expect((await stream(`${url}/v2/iex`, "trades", "*", "--count", "50")).code).toBe(0);
  relay.child.kill("SIGINT");
  expect((await relay.ended).code).toBe(0);
  expect(relay.stderr).toMatch(/kept [\d,]+ records of iex in /);
  expect(relay.stderr).not.toContain("S3CRET");
  const [row] = await query(dir, "select count(*)::integer as n from FILES(trades)");
  expect(row?.n).toBeGreaterThanOrEqual(50);
  const events = await query(dir, "select kind from FILES(gaps) order by sequence");
  expect(events.map(({ kind }) => kind)).toContain("carried");
});

// NATS is a program of its own: without one on PATH, or in the variable NATS_SERVER, there is nothing to serve from.
test.skipIf(NATS_SERVER === undefined)(
  "serve --cluster --record continues where its recording ends, without a record twice and without a missing one",
  { timeout: 60_000 },
  async () => {
    const nats = await startNats();
    await ingest(nats.url);
    const dir = temporaryFolder();
    for (const signal of ["SIGINT", "SIGKILL", "SIGINT"] as const) {
      const { server, url } = await serveCluster("--cluster", nats.url, "--record", dir);
      expect((await stream(`${url}/v2/sip`, "trades", "A", "--count", "5")).code).toBe(0);
      server.child.kill(signal);
      await server.ended;
    }
    const [row] = await query(dir, "select count(*)::integer as n, max(id)::integer as last from FILES(trades)");
    expect(row?.n).toBeGreaterThan(15);
    expect(row?.last).toBe(row?.n);
  },
);

test("a configuration file records each feed into its folder, and a reload changes nothing of it", async () => {
  const config = {
    port: 0,
    record: "tape",
    keep: 5,
    feeds: { iex: { simulate: true }, "crypto/us": { simulate: true } },
  };
  const file = temporaryFile("serve.json", JSON.stringify(config));
  const tape = join(dirname(file), "tape");
  const check = await run(["config", "check", file]);
  expect(check.stdout).toContain(`record: ${tape}\nkeep: 5\n`);
  const server = start(["serve", "--config", file]);
  await server.says(/serving iex .* at ws/);
  server.child.kill("SIGHUP");
  await server.says(/reloaded: nothing changed/);
  await logHasRecords(join(tape, "feed=iex"));
  await logHasRecords(join(tape, "feed=us"));
  server.child.kill("SIGINT");
  expect((await server.ended).code).toBe(0);
  expect(server.stderr).toMatch(/kept [\d,]+ records of crypto\/us in /);
  expect(readdirSync(tape)).toEqual(["feed=iex", "feed=us"]);
});

test("serve --record into a folder in use fails before it listens, and leaves the folders of its other feeds", async () => {
  const dir = temporaryFolder();
  const first = await serve("--simulate", "--feed", "crypto/us", "--record", dir);
  const { code, stderr } = await run(["serve", "--simulate", "--port", "0", "--record", dir]);
  expect(code).toBe(1);
  expect(stderr).toContain(`error: another recorder writes to ${join(dir, "feed=us")}: stop it`);
  expect(stderr).not.toContain("serving");
  first.server.child.kill("SIGINT");
  await first.server.ended;
  const second = await serve("--simulate", "--record", dir); // the lock of iex is free as well
  second.server.child.kill("SIGINT");
  expect((await second.server.ended).code).toBe(0);
});

test("serve --record and config check say what to install where the recorder is absent", async () => {
  const sentence = "recordings need the package @tickerplant/recorder, which is not installed";
  const served = await run(["serve", "--simulate", "--port", "0", "--record", "tape"], WITHOUT_RECORDER);
  expect(served.stderr).toContain(`error: ${sentence}`);
  const file = temporaryFile("serve.json", JSON.stringify({ record: "tape", feeds: { iex: { simulate: true } } }));
  const checked = await run(["config", "check", file], WITHOUT_RECORDER);
  expect(checked.stderr).toContain(`${file}: record: ${sentence}`);
  expect([served.code, checked.code]).toEqual([1, 1]);
});

test("serve --keep without --record is a usage error", async () => {
  const { code, stderr } = await run(["serve", "--simulate", "--keep", "5"]);
  expect(stderr).toContain("--keep is for a recording, and --record is not given");
  expect(code).toBe(2);
});
