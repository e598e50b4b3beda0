import { expect, test } from "vitest";
import { RECORD_FILE } from "../../../../../verify/shared/record-lines.ts";
import { temporaryFolder } from "../../../../recorder/test/folders.ts";
import { serve, temporaryFile } from "../support/cli.ts";

const HEADERS = { "APCA-API-KEY-ID": "KEY", "APCA-API-SECRET-KEY": "SECRET" };
const RANGE = "start=1970-01-02&end=2200-01-01";

test("serve --record answers what an earlier process has recorded", async () => {
  const dir = temporaryFolder();
  const file = temporaryFile("day.jsonl", RECORD_FILE);
  const ask = async (url: string, path: string): Promise<string> =>
    (await fetch(`${url.replace("ws:", "http:")}${path}`, { headers: HEADERS })).text();
  const paths = [`/v2/stocks/trades?symbols=*&${RANGE}`, `/v2/stocks/bars?symbols=*&timeframe=1Min&${RANGE}`];

  const first = await serve("--replay", file, "--feed", "iex", "--speed", "1000000", "--record", dir);
  await first.server.says(/the feed has ended/);
  const answers = await Promise.all(paths.map((path) => ask(first.url, path)));
  expect(answers[0]).toContain('"trades":{"');
  first.server.child.kill("SIGINT");
  expect((await first.server.ended).code).toBe(0);

  const second = await serve("--simulate", "--symbols", "ZZZ", "--feed", "iex", "--record", dir);
  const range = "start=1970-01-02&end=2026-01-01"; // before the simulator's records
  const again = await Promise.all(paths.map((path) => ask(second.url, path.replace(RANGE, range))));
  expect(again).toEqual(answers);
  const startedMs = Date.now();
  second.server.child.kill("SIGINT");
  expect((await second.server.ended).code).toBe(0);
  expect(Date.now() - startedMs).toBeLessThan(30_000); // an open reader does not hold the process
});
