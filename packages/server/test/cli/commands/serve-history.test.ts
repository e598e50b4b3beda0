import { expect, test } from "vitest";
import { RECORD_FILE } from "../../../../../verify/shared/record-lines.ts";
import { run, serve, temporaryFile } from "../support/cli.ts";

const HEADERS = { "APCA-API-KEY-ID": "KEY", "APCA-API-SECRET-KEY": "SECRET" };

/** Asks a gateway, by its websocket URL, for history. */
function ask(url: string, target: string): Promise<Response> {
  return fetch(`${url.replace("ws:", "http:")}${target}`, { headers: HEADERS });
}

test("serve --replay serves what it has replayed, also after the last record", async () => {
  const { server, url } = await serve("--replay", temporaryFile("day.jsonl", RECORD_FILE), "--speed", "1000000");
  await server.says(/the feed has ended/);
  const response = await ask(url, "/v2/stocks/trades?symbols=*&start=1970-01-02&end=2200-01-01");
  const { trades } = (await response.json()) as { trades: object };
  expect(Object.keys(trades).length).toBeGreaterThan(0);
});

test("serve --plan free and --fault apply to the history", async () => {
  const { url } = await serve("--simulate", "--plan", "free", "--fault", "historyDropEvery=2", "--fault", "isMute");
  expect((await ask(url, "/v2/stocks/trades/latest?symbols=AAPL&feed=sip")).status).toBe(403);
  expect((await ask(url, "/v2/stocks/meta/exchanges")).headers.get("x-ratelimit-remaining")).toBe("198");
});

test("serve --no-history serves none", async () => {
  const { url } = await serve("--simulate", "--no-history");
  expect((await ask(url, "/v2/stocks/meta/exchanges")).status).toBe(404);
});

test.each([
  [["--history-mb", "3"], "It must be at least 4."],
  [["--history-minutes", "0"], "It must be a number above 0."],
  [["--no-history", "--plan", "free"], "--plan is for the history, which --no-history turns off"],
  [["--plan", "gold"], "Allowed choices are free"],
  [["--fault", "isMuted"], 'There is no fault "isMuted". The faults are httpStatus, '],
  [["--fault", "historyStatus"], "historyStatus needs a whole number above 0, as in historyStatus=429."],
  [["--fault", "isMute=no"], "isMute is on or not: give it without a value."],
])("serve %s is a usage error", async (args, message) => {
  const { code, stderr } = await run(["serve", "--simulate", ...args]);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
