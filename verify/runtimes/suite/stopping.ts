import type { Trade } from "@tickerplant/client";
import { behaviour, type Case } from "./case.ts";
import type { RemoteGateway } from "./control.ts";
import { expectEqual, expectRejection, pass, within } from "./expect.ts";
import { tradeFrame } from "./frames.ts";
import { Inbox } from "./inbox.ts";

/** Time limit of a stop with a peer that answers: some milliseconds, and a margin for a busy machine. */
const PROMPT_MS = 800;

/** Time limit of a stop with a dead peer: a second for its answer, and a margin for a busy machine. */
const DEAD_PEER_MS = 1_800;

/** Resolves once a gateway has no connection left: it learns of a close a little later. */
async function gone(gateway: RemoteGateway): Promise<void> {
  while ((await gateway.report()).stats.clients > 0) await pass(10);
}

/** Stopping in every state, and running again. */
export const stopping: readonly Case[] = [
  behaviour("a stop is prompt before, during and after a run, and may be repeated", async (setup) => {
    const gateway = await setup.gateway();
    const { stream } = setup.subject(gateway);
    await within(PROMPT_MS, stream.stop(), "a stop before the run");
    const run = stream.run();
    await stream.connect();
    await within(PROMPT_MS, Promise.all([stream.stop(), stream.stopWs(), stream.close()]), "three stops at once");
    await within(PROMPT_MS, run, "the end of the run");
    await within(PROMPT_MS, stream.stop(), "a stop after the run");
    await within(PROMPT_MS, gone(gateway), "the end of the connection at the gateway");
  }),

  behaviour("a stop is prompt while the socket opens", async (setup) => {
    const gateway = await setup.gateway({ kind: "silent" });
    const { stream, statuses } = setup.subject(gateway);
    const run = stream.run();
    await statuses.first(1);
    await pass(50);
    await within(DEAD_PEER_MS, Promise.all([stream.stop(), run]), "the stop");
  }),

  behaviour("a stop is prompt right after the connect", async (setup) => {
    const gateway = await setup.gateway();
    const { stream, statuses } = setup.subject(gateway);
    const run = stream.run();
    await statuses.first(1);
    await within(DEAD_PEER_MS, Promise.all([stream.stop(), run]), "the stop");
  }),

  behaviour("a stop interrupts the back-off", async (setup) => {
    const gateway = await setup.gateway({ faults: { httpStatus: 503 } });
    const { stream, statuses } = setup.subject(gateway, { reconnect: { initialDelayMs: 60_000, maxDelayMs: 60_000 } });
    const run = stream.run();
    await statuses.find(({ state }) => state === "reconnecting", "a failed attempt");
    await within(PROMPT_MS, Promise.all([stream.stop(), run]), "the stop");
  }),

  behaviour("a stop does not wait for a dead peer", async (setup) => {
    const gateway = await setup.gateway();
    const { stream } = setup.subject(gateway);
    const run = stream.run();
    await stream.connect();
    await gateway.setFaults({ isHalfOpen: true });
    await within(DEAD_PEER_MS, Promise.all([stream.stop(), run]), "the stop");
  }),

  behaviour("a stop in a handler is prompt, and no record follows it", async (setup) => {
    const gateway = await setup.gateway();
    const { stream } = setup.subject(gateway);
    const ids: unknown[] = [];
    stream.subscribeTrades(async ({ id }) => {
      ids.push(id);
      await stream.stop();
    }, "AAPL");
    const run = stream.run();
    await stream.connect();
    await gateway.publish(tradeFrame("AAPL", 10));
    await within(DEAD_PEER_MS, run, "the end of the run");
    expectEqual(ids, [1]);
  }),

  behaviour("a stop while the connection is paused is prompt", async (setup) => {
    const gateway = await setup.gateway();
    const { stream } = setup.subject(gateway);
    const calls = new Inbox<unknown>();
    let open = (): void => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    stream.subscribeTrades(
      ({ id }) => {
        calls.push(id);
        return opened;
      },
      "AAPL",
      { maxQueued: 50 },
    );
    const run = stream.run();
    await stream.connect();
    await gateway.publish(tradeFrame("AAPL", 100));
    await calls.first(1);
    await within(DEAD_PEER_MS, stream.close(), "the stop");
    open();
    await within(PROMPT_MS, run, "the end of the run");
    expectEqual(calls.items, [1]);
  }),

  behaviour("a stopped stream runs again with its subscriptions", async (setup) => {
    const gateway = await setup.gateway();
    const { stream } = setup.subject(gateway);
    const trades = new Inbox<Trade>();
    stream.subscribeTrades(trades.push, "AAPL");
    for (let id = 1; id <= 3; id++) {
      await stream.connect();
      await gateway.publish(tradeFrame("AAPL", 1, id));
      await trades.first(id);
      await stream.stop();
    }
    expectEqual(
      trades.items.map(({ id }) => id),
      [1, 2, 3],
    );
  }),

  behaviour("an AbortSignal ends a run and the wait for a connection", async (setup) => {
    const gateway = await setup.gateway({ faults: { httpStatus: 503 } });
    const { stream, statuses } = setup.subject(gateway);
    const waiting = new AbortController();
    const connected = stream.connect({ signal: waiting.signal });
    await statuses.find(({ state }) => state === "reconnecting", "a failed attempt");
    waiting.abort();
    await expectRejection(within(PROMPT_MS, connected, "the end of the wait"), { name: "AbortError" });
    await gateway.setFaults({});
    const running = new AbortController();
    const run = stream.run({ signal: running.signal });
    await stream.connect();
    running.abort();
    await within(PROMPT_MS, run, "the end of the run");
  }),

  behaviour("a stream is closed by its Symbol.asyncDispose", async (setup) => {
    const gateway = await setup.gateway();
    const { stream } = setup.subject(gateway);
    const run = stream.run();
    await stream.connect();
    await within(PROMPT_MS, stream[Symbol.asyncDispose](), "the disposal");
    await within(PROMPT_MS, run, "the end of the run");
  }),
];
