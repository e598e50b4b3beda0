import { isMarketKey } from "./market.ts";
import type { RelayChain } from "./relay-chain.ts";
import type { StreamUnderTest } from "./stream-under-test.ts";

/** What no limit counts, no gateway rejects, and the users do not have. */
const KEY = "dailyBars *";

/** How long a request may take through two relays, in a good network. */
const ANSWER_MS = 2_000;
/** How long the end of a linger may take to reach the market's gateway. */
const SETTLE_MS = 5_000;

type Advance = (ms: number) => Promise<void>;

/** How long it takes until every relay has unsubscribed from what no client has. */
function lingersMs({ relays }: RelayChain): number {
  return relays.reduce((sum, { lingerMs }) => sum + lingerMs + SETTLE_MS, 0);
}

/** Fails unless every relay has upstream what its clients have, and nothing that no client wants. */
export async function checkServed(
  relays: RelayChain,
  advance: Advance,
  sets: () => { readonly served: ReadonlySet<string>; readonly wanted: ReadonlySet<string> },
): Promise<void> {
  const before = sets().wanted; // a client may leave in the meantime
  await advance(lingersMs(relays));
  const { served, wanted } = sets();
  for (const relay of relays.relays) {
    const has = new Set(relay.served.filter(isMarketKey));
    const lacks = [...served].filter((key) => isMarketKey(key) && !has.has(key));
    const extra = [...has].filter((key) => !wanted.has(key) && !before.has(key));
    relays.invariants.assert(lacks.length === 0, () => `${relay.name} has clients for ${lacks}, and not upstream`);
    relays.invariants.assert(extra.length === 0, () => `${relay.name} has ${extra} upstream, which no client wants`);
  }
}

/**
 * A client that comes back within the linger costs upstream nothing, and keeps its symbol. `connection` is that of the
 * client: if it is lost, the client leaves once more.
 */
export async function checkLinger(
  relays: RelayChain,
  advance: Advance,
  { stream, name }: StreamUnderTest,
  connection: () => unknown,
): Promise<void> {
  const { invariants } = relays;
  const isServed = (): boolean => relays.relays.every(({ served }) => served.includes(KEY));
  const requests = (): string => relays.relays.map((relay) => relay.dailyRequests).join();
  const subscribe = (): (() => void) => {
    const subscription = stream.subscribeDailyBars(() => {}, "*");
    return () => void subscription.unsubscribe();
  };
  const first = subscribe();
  await advance(ANSWER_MS);
  invariants.assert(isServed(), () => `${name} has not been granted ${KEY} within ${ANSWER_MS} ms`);
  const before = requests();
  const connected = connection();
  first();
  const lingerMs = Math.max(...relays.relays.map((relay) => relay.lingerMs));
  const [outermost] = relays.relays.slice(-1);
  await advance((outermost?.lingerMs ?? 0) / 2);
  const second = subscribe();
  await advance(lingerMs + SETTLE_MS);
  invariants.assert(isServed(), () => `${KEY} is not served, although ${name} came back within the linger`);
  invariants.assert(
    before === requests() || connection() !== connected,
    () => `the return of ${name} within the linger costs upstream a request`,
  );
  second();
}

/** Fails if a relay has anything upstream after its last client has left. */
export async function checkNothingServed(relays: RelayChain, advance: Advance): Promise<void> {
  await advance(lingersMs(relays));
  for (const { name, served } of relays.relays)
    relays.invariants.assert(
      served.length === 0,
      () => `${name} has ${served} upstream after its last client has left`,
    );
}
