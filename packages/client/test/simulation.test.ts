import { describe, expect, test } from "vitest";
import { StockDataStream, type Subscription } from "../src/index.ts";
import { MemoryNetwork, type MemorySocket, seededRandom, VirtualRuntime } from "../src/testing/index.ts";
import { type ClientMessage, Codec, FrameDecoder, FrameEncoder } from "../src/wire/index.ts";
import { trade } from "./support/records.ts";

const SYMBOLS = ["A", "B", "C", "D", "E", "F", "G", "H"];
const ACK_TIMEOUT_MS = 3000;

/** A server that answers late, refuses, breaks off, and numbers the records of each symbol. */
class UnreliableServer {
  readonly network = new MemoryNetwork();
  /** Once healed it does everything at once and well. */
  isHealed = false;
  /** What the living connection is subscribed to. */
  symbols = new Set<string>();
  /** Requests that came while one was unanswered and within its time: there must be none. */
  impatient = 0;
  sent = 0;
  readonly #random: () => number;
  readonly #runtime: VirtualRuntime;
  readonly #encoder = new FrameEncoder(Codec.MSGPACK);
  readonly #decoder = new FrameDecoder();
  readonly #numbers = new Map<string, number>();
  #socket: MemorySocket | undefined;
  #answerAtMs = 0;
  #lastRequestMs = Number.NEGATIVE_INFINITY;
  #isAnswered = true;

  constructor(runtime: VirtualRuntime, random: () => number) {
    this.#runtime = runtime;
    this.#random = random;
    this.network.onsocket = (socket) => this.#accept(socket);
  }

  cut(): void {
    this.#socket?.cut();
  }

  /** Sends the next record of a few symbols, in one frame. */
  stream(): void {
    const records = SYMBOLS.filter((symbol) => this.symbols.has(symbol) && this.#random() < 0.7).map((symbol) => {
      const number = (this.#numbers.get(symbol) ?? 0) + 1;
      this.#numbers.set(symbol, number);
      return trade(symbol, number);
    });
    if (records.length > 0 && this.#socket?.isOpen) {
      this.sent += records.length;
      this.#socket.send(this.#encoder.frame(records));
    }
  }

  #accept(socket: MemorySocket): void {
    this.#socket = socket;
    this.symbols = new Set();
    this.#answerAtMs = 0;
    this.#isAnswered = true;
    socket.send(this.#encoder.serverFrame({ type: "success", message: "connected" }));
    socket.onclose = () => {
      if (this.#socket === socket) this.symbols = new Set();
    };
    socket.onframe = (frame) => {
      for (const message of this.#decoder.decodeClient(frame)) this.#received(socket, message);
    };
  }

  #received(socket: MemorySocket, message: ClientMessage): void {
    if (message.action === "auth") {
      const answer = this.#encoder.serverFrame({ type: "success", message: "authenticated" });
      return this.#later(socket, this.isHealed ? 0 : this.#random() * 100, () => socket.send(answer));
    }
    const nowMs = this.#runtime.monotonic();
    if (!this.#isAnswered && nowMs - this.#lastRequestMs < ACK_TIMEOUT_MS) this.impatient++;
    this.#isAnswered = false;
    this.#lastRequestMs = nowMs;
    const lot = this.isHealed ? 1 : this.#random();
    // Late answers come in their order, before those to later requests.
    const delayMs = this.isHealed ? 0 : lot < 0.1 ? ACK_TIMEOUT_MS * 1.5 : this.#random() * 50;
    const isNew = message.symbols.trades?.some((symbol) => !this.symbols.has(symbol)) ?? false;
    // Nobody is refused what he has.
    const isRefused = lot >= 0.1 && lot < 0.25 && (isNew || message.action === "unsubscribe");
    const numbers = message.action === "subscribe" ? [400, 405, 410, 500] : [500];
    this.#later(socket, delayMs, () => {
      this.#isAnswered = true;
      if (isRefused) {
        const number = numbers[Math.floor(this.#random() * numbers.length)] ?? 500;
        return socket.send(this.#encoder.serverFrame({ type: "error", number, message: "" }));
      }
      for (const symbol of message.symbols.trades ?? []) {
        if (message.action === "subscribe") this.symbols.add(symbol);
        else this.symbols.delete(symbol);
      }
      socket.send(this.#encoder.serverFrame({ type: "subscription", symbols: { trades: [...this.symbols] } }));
    });
  }

  #later(socket: MemorySocket, delayMs: number, act: () => void): void {
    const nowMs = this.#runtime.monotonic();
    this.#answerAtMs = Math.max(this.#answerAtMs, nowMs + delayMs);
    this.#runtime.setTimer(() => {
      if (this.#socket === socket && socket.isOpen) act();
    }, this.#answerAtMs - nowMs);
  }
}

interface Held {
  readonly subscription: Subscription;
  readonly symbols: readonly string[];
  isSettled: boolean;
}

/** One life of a stream under an unreliable server; throws where an invariant breaks. */
async function simulate(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const runtime = new VirtualRuntime({ random: seededRandom(seed + 1) });
  const server = new UnreliableServer(runtime, random);
  const stream = new StockDataStream({
    apiKey: "k",
    secretKey: "s",
    connector: server.network.connector,
    runtime,
    ackTimeoutMs: ACK_TIMEOUT_MS,
  });
  stream.on("error", () => {}); // refusals and late answers are the point
  const held: Held[] = [];
  let handled = 0;

  const subscribe = (): Held => {
    const symbols = SYMBOLS.filter(() => random() < 0.3);
    const last = new Map<string, number>();
    const subscription = stream.subscribeTrades(
      (record) => {
        const number = Number(record.id);
        expect(symbols, "nobody gets what he did not ask for").toContain(record.symbol);
        expect(number, "each symbol comes in order and once").toBeGreaterThan(last.get(record.symbol) ?? 0);
        last.set(record.symbol, number);
        handled++;
        if (random() < 0.5) return undefined;
        return new Promise<void>((resolve) => runtime.setTimer(resolve, random() * 30));
      },
      ...symbols,
      { maxQueued: 4, concurrency: 1 + Math.floor(random() * 3) },
    );
    const entry: Held = { subscription, symbols, isSettled: false };
    const settled = (): void => {
      entry.isSettled = true;
    };
    subscription.ready.then(settled, settled);
    held.push(entry);
    return entry;
  };

  const run = stream.run();
  for (let step = 0; step < 60; step++) {
    const lot = random();
    if (lot < 0.3) subscribe();
    else if (lot < 0.45) void held.splice(Math.floor(random() * held.length), 1)[0]?.subscription.unsubscribe();
    else if (lot < 0.5) {
      const symbol = SYMBOLS[Math.floor(random() * SYMBOLS.length)] ?? "A";
      void stream.unsubscribeTrades(symbol);
    } else if (lot < 0.54) server.cut();
    else server.stream();
    if (random() < 0.7) await runtime.advance(random() * (random() < 0.1 ? 5000 : 100));
    else await runtime.settle();
  }

  server.isHealed = true;
  subscribe();
  await runtime.advance(120_000);
  subscribe(); // what was never answered is asked for with the next change
  await runtime.advance(120_000);

  const wanted = new Set<string>();
  for (const { subscription, isSettled } of held) {
    expect(isSettled, "every call is settled").toBe(true);
    for (const { symbol, state } of subscription.states) {
      expect(["active", "refused"], `the state of ${symbol}`).toContain(state);
      if (state === "active") wanted.add(symbol);
    }
  }
  expect([...server.symbols].sort(), "the server has what is wanted").toEqual([...wanted].sort());
  expect(server.impatient, "one request at a time").toBe(0);
  const { recordCount, queued } = stream.metrics;
  expect(recordCount).toBeLessThanOrEqual(server.sent);
  expect(queued).toBe(0);
  if (wanted.size > 0) {
    const before = handled;
    for (let turn = 0; turn < 10; turn++) server.stream();
    await runtime.advance(60_000);
    expect(handled, "records flow").toBeGreaterThan(before);
  }
  await stream.stop();
  await runtime.advance(10_000);
  await run;
  expect(runtime.pendingTimers).toBe(0);
}

describe("under a server that answers late, refuses and breaks off", () => {
  test("the stream settles every call, keeps the order, and agrees with the server in the end", async () => {
    for (let seed = 1; seed <= 100; seed++) {
      try {
        await simulate(seed);
      } catch (error) {
        throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`, { cause: error });
      }
    }
  });
});
