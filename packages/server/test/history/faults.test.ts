import { VirtualClock } from "@tickerplant/client/testing";
import { expect, test } from "vitest";
import { SECONDS, trade } from "../../../../verify/shared/records.ts";
import type { Faults } from "../../src/gateway/faults.ts";
import { openRest, type Rest } from "./support/rest.ts";

const TARGET = "/v2/stocks/trades?symbols=A&start=2025-01-02T15:00:00Z&end=2025-01-02T16:00:00Z";

async function faulty(faults: Faults, clock?: VirtualClock): Promise<Rest> {
  const rest = await openRest({ faults, ...(clock && { clock }) });
  for (let id = 1; id <= 6; id++) rest.feed.publish(trade("A", id, { seconds: SECONDS + id, nanos: 0 }));
  return rest;
}

const idsOf = (text: string): number[] => [...text.matchAll(/"i":(\d)/g)].map(([, id]) => Number(id));

test.each([
  [429, "application/json; charset=utf-8", '{"message":"too many requests."}'],
  [500, "application/json; charset=utf-8", '{"message":"internal server error"}'],
  [504, "application/json; charset=utf-8", '{"message":"gateway timeout"}'],
  [401, "text/html", expect.stringMatching(/^<html>/)],
])(
  "the fault historyStatus answers every request for history with %i, and no other request",
  async (status, type, text) => {
    const rest = await faulty({ historyStatus: status });
    expect(await rest.get(TARGET)).toMatchObject({ status, headers: { "content-type": type }, text });
    expect(await rest.get("/healthz")).toMatchObject({ status: 200 });
  },
);

test("the fault historyDelayMs delays the answers of the history", async () => {
  const clock = new VirtualClock();
  const rest = await faulty({ historyDelayMs: 5000 }, clock);
  let isAnswered = false;
  const answered = rest.get(TARGET).then((answer) => {
    isAnswered = true;
    return answer;
  });
  await expect.poll(() => clock.pendingTimers).toBe(1);
  await clock.advance(4999);
  expect(isAnswered).toBe(false);
  await clock.advance(1);
  expect(idsOf((await answered).text)).toHaveLength(6);
});

test("the fault historyLagMs leaves out the newest records, and may end while the gateway runs", async () => {
  const rest = await faulty({ historyLagMs: 2500 });
  expect(idsOf((await rest.get(TARGET)).text)).toEqual([1, 2, 3]);
  delete rest.gateway.faults.historyLagMs;
  expect(idsOf((await rest.get(TARGET)).text)).toEqual([1, 2, 3, 4, 5, 6]);
});

test("the fault historyDropEvery leaves out records and does not report it, over pages too", async () => {
  const rest = await faulty({ historyDropEvery: 3 });
  expect(idsOf((await rest.get(TARGET)).text)).toEqual([1, 2, 4, 5]);
  const { text, json } = await rest.get(`${TARGET}&limit=3`);
  expect(idsOf(text)).toEqual([1, 2]);
  expect(idsOf((await rest.get(`${TARGET}&limit=3&page_token=${json().next_page_token}`)).text)).toEqual([4, 5]);
});

test("the fault historyLoops lets the second page of history name itself as the next", async () => {
  const rest = await faulty({ historyLoops: true });
  const first = (await rest.get(`${TARGET}&limit=2`)).json().next_page_token;
  const second = await rest.get(`${TARGET}&limit=2&page_token=${first}`);
  expect([idsOf(second.text), second.json().next_page_token]).toEqual([[3, 4], first]);
});

test("an unknown fault of the history is rejected", async () => {
  await expect(faulty({ historyStatuss: 1 } as Faults)).rejects.toThrow('there is no option "historyStatuss"');
});
