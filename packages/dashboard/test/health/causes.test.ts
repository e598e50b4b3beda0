import { expect, test } from "vitest";
import { shortCause } from "../../src/health/causes.ts";
import { gridStep } from "../../src/health/lag-chart.ts";

test("a cause is a few words with the number that identifies it", () => {
  const none = { message: "", closeCode: undefined, status: undefined, serverCode: undefined };
  expect(shortCause({ ...none, code: "closed_by_server", closeCode: 1006 })).toBe("closed 1006");
  expect(shortCause({ ...none, code: "http_rejected", status: 503 })).toBe("rejected 503");
  expect(shortCause({ ...none, code: "slow_client", serverCode: 407 })).toBe("queue limit");
  expect(shortCause({ ...none, code: "internal_error", serverCode: 500 })).toBe("internal_error 500");
});

test("two steps of the lag axis reach the largest value, or nearly so", () => {
  for (const largest of [0.03, 0.9, 1, 8.9, 25.8, 100, 999]) {
    const step = gridStep(largest);
    expect(step * 2.2).toBeGreaterThanOrEqual(largest);
    expect(step).toBeLessThanOrEqual(largest);
  }
});
