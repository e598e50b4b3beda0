import { StreamError } from "@tickerplant/client";
import { expect, test } from "vitest";
import { type Connection, connectionAfter } from "../../src/market/connection.ts";

const CAUSE = new StreamError("connection_lost", "the connection was lost");

test("a lost connection keeps the time and names the next attempt until the key is accepted again", () => {
  let connection: Connection = { state: "connected" };
  connection = connectionAfter({ state: "reconnecting", attempt: 1, delayMs: 500, cause: CAUSE }, connection, 1000);
  expect(connection).toEqual({ state: "lost", sinceMs: 1000, cause: CAUSE, nextAttemptAtMs: 1500 });
  connection = connectionAfter({ state: "connecting", attempt: 1, url: "ws://gateway" }, connection, 1500);
  expect(connection).toEqual({ state: "lost", sinceMs: 1000, cause: CAUSE, nextAttemptAtMs: undefined });
  connection = connectionAfter({ state: "open" }, connection, 1600);
  connection = connectionAfter({ state: "reconnecting", attempt: 2, delayMs: 900, cause: CAUSE }, connection, 2000);
  expect(connection).toMatchObject({ state: "lost", sinceMs: 1000, nextAttemptAtMs: 2900 });
  expect(connectionAfter({ state: "authenticated" }, connection, 3000)).toEqual({ state: "connected" });
});

test("a stream that has ended names its reason", () => {
  const ended = connectionAfter({ state: "closed", reason: CAUSE }, { state: "connecting" }, 0);
  expect(ended).toEqual({ state: "ended", cause: CAUSE });
});
