import { describe, expect, test } from "vitest";
import { trade } from "../../../../verify/shared/records.ts";
import type { StatusEvent } from "../../src/index.ts";
import type { ScriptedSession } from "../../src/testing/index.ts";
import { codecs, type Opened, open, states } from "../support/stream.ts";
import { watched } from "../support/watched.ts";

const HANDSHAKE_TIMEOUT_MS = 10_000;

type Reconnecting = Extract<StatusEvent, { state: "reconnecting" }>;

/** How the stream last went to reconnect. */
function lastReconnect({ statuses }: Opened): Reconnecting | undefined {
  return statuses.filter((status) => status.state === "reconnecting").at(-1);
}

/** Connects as far as the credentials, which are received and not answered. */
async function credentials(opened: Opened): Promise<ScriptedSession> {
  void opened.run();
  const session = await opened.gateway.accept();
  session.welcome();
  await session.expectAuth();
  return session;
}

describe.each(codecs)("in %s, a first message", (codec) => {
  test.each([
    ["of another type", [{ T: "subscription", trades: ["AAPL"] }], "unexpected_welcome"],
    ["with another message", [{ T: "success", msg: "hello" }], "unexpected_welcome"],
    ["before the welcome", [{ T: "subscription" }, { T: "success", msg: "connected" }], "unexpected_welcome"],
    ["without a type", [{ msg: "connected" }], "bad_message"],
    ["that is a number", [7], "bad_message"],
    ["whose type is a number", [{ T: 7, msg: "connected" }], "bad_message"],
  ])("[G42] %s as a first message is no welcome", async (_, messages, code) => {
    const opened = open({ codec });
    void opened.run();
    const session = await opened.gateway.accept();
    session.send(...messages);
    await opened.clock.settle();
    if (code === "unexpected_welcome") expect(session.closed?.reason).toBe(code);
    else expect(opened.errors).toMatchObject([{ code }]); // lost alone: the welcome may yet come
    await opened.clock.advance(HANDSHAKE_TIMEOUT_MS);
    expect(session.closed).toBeDefined();
    expect(session.unread).toBe(0);
    expect(states(opened)).not.toContain("authenticated");
    expect(opened.outcome).toBeUndefined();
  });

  test("[G42] the welcome is accepted with other messages behind it", async () => {
    const opened = open({ codec });
    void opened.run();
    const session = await opened.gateway.accept();
    session.send({ T: "success", msg: "connected" }, { T: "o", S: "AAPL" });
    await session.expectAuth();
    expect(opened.errors).toEqual([]);
  });
});

describe("an answer to the credentials", () => {
  test.each([
    ["without a type", [{ msg: "authenticated" }]],
    ["of another type", [{ T: "subscription" }]],
    ["with another message", [{ T: "success", msg: "hello" }]],
    ["that is an error without a code", [{ T: "error", msg: "auth failed" }]],
    ["that is a number", [7]],
    ["that is two messages, neither of them the right one", [{ T: "success", msg: "connected" }, { T: "o" }]],
  ])(
    "[G45] %s is no answer to the credentials: at the deadline the socket is closed and another tried",
    async (_, messages) => {
      const opened = open();
      const session = await credentials(opened);
      session.send(...messages);
      await opened.clock.advance(HANDSHAKE_TIMEOUT_MS);
      expect(session.closed?.reason).toBe("handshake_timeout");
      expect(lastReconnect(opened)?.cause.code).toBe("handshake_timeout");
      expect(states(opened)).not.toContain("authenticated");
    },
  );

  test.each([
    [401, "not_authenticated"],
    [406, "connection_limit"],
  ])(
    "[G45] error %i without a message, in answer to the credentials, closes the socket at once and is retried",
    async (number, code) => {
      const opened = open();
      const session = await credentials(opened);
      session.send({ T: "error", code: number });
      await opened.clock.settle();
      expect(session.closed?.reason).toBe(code);
      expect(lastReconnect(opened)?.cause.code).toBe(code);
      await opened.clock.advance(60_000);
      expect(opened.gateway.network.attempts).toBeGreaterThan(1);
    },
  );

  test("[G45] the right answer to the credentials is accepted", async () => {
    const opened = open();
    const session = await credentials(opened);
    session.authenticated();
    await opened.clock.settle();
    expect(states(opened).at(-1)).toBe("authenticated");
  });

  test("[G38] 406 until no attempt is left ends the run with the limit of connections as its cause", async () => {
    const opened = open({ reconnect: { maxAttempts: 3 } });
    const run = opened.run();
    for (let attempt = 0; attempt <= 3; attempt++) {
      const session = await opened.gateway.accept();
      session.welcome();
      await session.expectAuth();
      session.error(406);
      await opened.clock.settle();
      await opened.clock.advance(lastReconnect(opened)?.delayMs ?? 0);
    }
    await run;
    expect(opened.gateway.network.attempts).toBe(4);
    expect(opened.outcome?.error).toMatchObject({
      code: "reconnect_limit",
      terminal: true,
      cause: { code: "connection_limit", serverCode: 406 },
    });
  });

  test("[G39] after two 406 the third connection gets the same credentials and one request for everything", async () => {
    const opened = open();
    const subscription = opened.stream.subscribe(
      {
        trades: ["AAPL"],
        quotes: ["MSFT", "KO"],
        bars: ["*"],
        updatedBars: ["IBM"],
        dailyBars: ["XOM"],
        statuses: ["*"],
        imbalances: ["HPQ"],
        lulds: ["FIZZ"],
      },
      () => {},
    );
    void opened.run();
    const said: unknown[] = [];
    for (let attempt = 1; attempt <= 3; attempt++) {
      const session = await opened.gateway.accept();
      session.welcome();
      said.push(await session.expectAuth());
      if (attempt < 3) session.error(406);
      else session.authenticated();
      await opened.clock.settle();
      if (attempt < 3) await opened.clock.advance(lastReconnect(opened)?.delayMs ?? 0);
    }
    expect(said).toEqual(Array(3).fill({ key: "test-key", secret: "test-secret" }));
    const session = opened.gateway.sessions[2];
    expect(await session?.expectSubscribe()).toEqual({
      trades: ["AAPL"],
      quotes: ["MSFT", "KO"],
      bars: ["*"],
      updatedBars: ["IBM"],
      dailyBars: ["XOM"],
      statuses: ["*"],
      imbalances: ["HPQ"],
      lulds: ["FIZZ"],
    });
    session?.acknowledge();
    await subscription.ready;
    expect(subscription.states.map(({ state }) => state)).toEqual(Array(9).fill("active"));
    expect(session?.unread).toBe(0);
  });
});

describe("an answer to the first request", () => {
  test("[G40] 405 fails that call, and the connection is there for the next", async () => {
    const opened = open();
    const large = watched(opened.stream.subscribeTrades(() => {}, "AAPL").ready);
    const connected = opened.stream.connect();
    const session = await opened.gateway.handshake();
    await session.expectSubscribe();
    session.error(405);
    await connected;
    expect(large).toMatchObject({ state: "rejected", error: { code: "symbol_limit", symbols: { trades: ["AAPL"] } } });
    const small = opened.stream.subscribeBars(() => {}, "AAPL");
    await session.expectSubscribe();
    session.acknowledge({ bars: ["AAPL"] });
    await small.ready;
    expect(opened.gateway.sessions).toHaveLength(1);
  });

  test.each([
    ["without a type", [{ trades: ["AAPL"] }], "ack_timeout"],
    ["that is a number", [7], "ack_timeout"],
    ["whose channel is no list", [{ T: "subscription", trades: "AAPL" }], "ack_timeout"],
    ["402", [{ T: "error", code: 402, msg: "auth failed" }], "auth_failed"],
    ["with empty lists", [{ T: "subscription", trades: [], quotes: [] }], "not_confirmed"],
  ])("[G47] %s in answer to the first request fails the call and keeps the connection", async (_, messages, code) => {
    const opened = open({ ackTimeoutMs: 3000 });
    const session = await opened.authenticated();
    const ready = watched(opened.stream.subscribeTrades(() => {}, "AAPL").ready);
    await session.expectSubscribe();
    session.send(...messages);
    await opened.clock.advance(3000);
    expect(ready).toMatchObject({ state: "rejected", error: { code, terminal: false } });
    expect(session.closed).toBeUndefined();
    expect(opened.outcome).toBeUndefined();
  });

  test("[G47] an answer to the first request may stand between other messages", async () => {
    const opened = open();
    const session = await opened.authenticated();
    const ready = watched(opened.stream.subscribeTrades(() => {}, "AAPL").ready);
    await session.expectSubscribe();
    session.send(
      { T: "o", S: "AAPL" },
      { T: "subscription", trades: ["AAPL"], quotes: [] },
      { T: "success", msg: "?" },
    );
    await opened.clock.settle();
    expect(ready.state).toBe("resolved");
  });
});

describe("a socket that closes", () => {
  test("[G43] a socket that closes as the credentials are written is retried, with the same credentials", async () => {
    const opened = open();
    void opened.run();
    const session = await opened.gateway.accept();
    session.welcome();
    session.close(1001, "going away");
    await opened.clock.advance(1000);
    expect(lastReconnect(opened)?.cause.code).toBe("closed_by_server");
    const next = await opened.gateway.accept();
    next.welcome();
    expect(await next.expectAuth()).toEqual({ key: "test-key", secret: "test-secret" });
  });

  test("[G43] a socket that closes as a request is written gets the request on the next connection", async () => {
    const opened = open();
    const session = await opened.authenticated();
    await opened.clock.settle();
    session.close(1001, "going away");
    const got: unknown[] = [];
    const subscription = opened.stream.subscribeTrades((record) => void got.push(record), "AAPL");
    await opened.clock.advance(1000);
    const next = await opened.gateway.handshake();
    expect(await next.expectSubscribe()).toEqual({ trades: ["AAPL"] });
    next.acknowledge();
    await subscription.ready;
    next.records(trade("AAPL"));
    await opened.clock.settle();
    expect(got).toHaveLength(1);
  });
});
