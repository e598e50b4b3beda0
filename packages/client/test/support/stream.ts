import { afterEach, expect } from "vitest";
import {
  Codec,
  type RunOptions,
  type SlowEvent,
  type StatusEvent,
  StockDataStream,
  type StockDataStreamOptions,
  type StreamError,
} from "../../src/index.ts";
import {
  type MemoryNetworkOptions,
  ScriptedGateway,
  type ScriptedSession,
  VirtualClock,
} from "../../src/testing/index.ts";

/** A stream whose test controls both ends of the connection, and its events. */
export interface Opened<Raw extends boolean = false> {
  readonly gateway: ScriptedGateway;
  readonly clock: VirtualClock;
  readonly stream: StockDataStream<Raw>;
  readonly statuses: StatusEvent[];
  readonly errors: StreamError[];
  readonly slows: SlowEvent[];
  /** Runs the stream; what it ends with is in `outcome`. */
  run(options?: RunOptions): Promise<void>;
  /** How the run ended: undefined while it has not. */
  outcome: { readonly error: unknown } | undefined;
  /** Runs the stream through the handshake. */
  authenticated(): Promise<ScriptedSession>;
  /** Runs the stream through the handshake, and has every request acknowledged from then on. */
  serving(): Promise<ScriptedSession>;
}

/** Names of the states that the stream went through. */
export function states(opened: { readonly statuses: readonly StatusEvent[] }): string[] {
  return opened.statuses.map(({ state }) => state);
}

const all: Opened<boolean>[] = [];

/** Makes a stream over a scripted gateway and virtual time; the end of the test closes and checks it. */
export function open<Raw extends boolean = false>(
  options: StockDataStreamOptions<Raw> = {},
  network: MemoryNetworkOptions = {},
  { startMs, judgesSilence = false }: { startMs?: number; judgesSilence?: boolean } = {},
): Opened<Raw> {
  const gateway = new ScriptedGateway(network);
  const given = options.clock instanceof VirtualClock ? options.clock : undefined;
  const clock = given ?? new VirtualClock(startMs === undefined ? {} : { startMs });
  const stream = new StockDataStream<Raw>({
    apiKey: "test-key",
    secretKey: "test-secret",
    connector: gateway.connector,
    clock,
    ...(judgesSilence ? {} : { staleAfterMs: false }), // virtual time passes by hours
    ...options,
  });
  const opened: Opened<Raw> = {
    gateway,
    clock,
    stream,
    statuses: [],
    errors: [],
    slows: [],
    outcome: undefined,
    run(runOptions) {
      opened.outcome = undefined;
      return stream.run(runOptions).then(
        () => {
          opened.outcome = { error: undefined };
        },
        (error: unknown) => {
          opened.outcome = { error };
        },
      );
    },
    async authenticated() {
      void opened.run();
      return gateway.handshake();
    },
    async serving() {
      const session = await opened.authenticated();
      session.acknowledgeAll();
      await clock.settle();
      return session;
    },
  };
  stream.on("status", (status) => opened.statuses.push(status));
  stream.on("error", (error) => opened.errors.push(error));
  stream.on("slow", (slow) => opened.slows.push(slow));
  all.push(opened);
  return opened;
}

afterEach(async () => {
  for (const { stream, clock } of all.splice(0)) {
    void stream.close();
    await clock.advance(1000); // a dead peer is given that long
    expect(clock.pendingTimers).toBe(0);
  }
});

/** Both codecs, for suites that run in each. */
export const codecs: readonly Codec[] = Object.values(Codec);
