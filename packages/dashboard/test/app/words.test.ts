import { StreamError } from "@tickerplant/client";
import { expect, test } from "vitest";
import { connectionWords } from "../../src/app/connection-words.ts";
import { sessionWords } from "../../src/app/session-words.ts";

const NOW = Date.parse("2026-11-24T15:41:07Z");
const cause = new StreamError("connection_lost", "the connection was lost");

test("a lost connection says since when prices stand, why, and when the next attempt is", () => {
  const lost = { state: "lost", sinceMs: NOW - 14_200, cause, nextAttemptAtMs: NOW + 3000 } as const;
  expect(connectionWords(lost, undefined, undefined, NOW)).toEqual({
    isAlarm: true,
    title: "⚠ Disconnected 14 s",
    detail: "Prices as of 10:40:52 ET · connection_lost · next attempt in 3.0 s",
  });
  const trying = connectionWords({ ...lost, nextAttemptAtMs: undefined }, undefined, undefined, NOW);
  expect(trying.detail).toContain("trying now");
});

test("a connection shows its lag once that is known", () => {
  expect(connectionWords({ state: "connected" }, undefined, undefined, NOW).detail).toBe("");
  expect(connectionWords({ state: "connected" }, 2.14, undefined, NOW).detail).toBe("lag 2.1 ms");
});

test("a gateway without records is an alarm, in its words, though the page is connected", () => {
  expect(connectionWords({ state: "connected" }, 2.14, "not connected to its source", NOW)).toEqual({
    isAlarm: true,
    title: "⚠ No records",
    detail: "not connected to its source",
  });
});

test.each([
  ["2026-11-24T08:00:00Z", "Market closed, pre-market in 1 h 0 m"],
  ["2026-11-24T14:29:30Z", "Pre-market, opens in 1 m"],
  ["2026-11-24T15:42:00Z", "Regular session, closes in 5 h 18 m"],
  ["2026-11-27T18:30:00Z", "After hours, ends in 3 h 30 m"],
  ["2026-11-25T02:00:00Z", "Market closed"],
  ["2026-11-26T15:00:00Z", "Market closed today"],
])("the session at %s is: %s", (time, words) => {
  expect(sessionWords(Date.parse(time))).toBe(words);
});
