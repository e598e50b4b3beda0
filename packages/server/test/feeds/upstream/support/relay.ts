import { CRYPTO_SCHEMA, STOCK_SCHEMA } from "@tickerplant/client";
import { ScriptedGateway, type ScriptedSession, VirtualClock } from "@tickerplant/client/testing";
import { onTestFinished } from "vitest";
import { createGateway, type GatewayOptions } from "../../../../src/create-gateway.ts";
import type { Feed, SourceEvent } from "../../../../src/feeds/feed.ts";
import { type UpstreamOptions, upstream } from "../../../../src/feeds/upstream/upstream.ts";
import type { Gateway } from "../../../../src/gateway/gateway.ts";
import type { GatewayEvent } from "../../../../src/gateway/gateway-events.ts";
import { MemoryPeer, type PeerOptions } from "../../../gateway/support/memory-peer.ts";

/** The relay's own credentials upstream. */
export const UPSTREAM_SECRET = "upstream-secret-0123456789";

/** A relay between a scripted upstream and clients without a network. */
export interface Relay {
  readonly upstream: ScriptedGateway;
  readonly clock: VirtualClock;
  readonly feed: Feed;
  readonly gateway: Gateway;
  readonly events: GatewayEvent[];
  /** What the feed has reported of its source. */
  readonly source: SourceEvent[];
  /** How `start` ended: undefined while it has not. */
  outcome: { readonly error: unknown } | undefined;
  /** A client that has authenticated. */
  client(options?: PeerOptions): MemoryPeer;
  /** The next connection upstream; time passes until there is one. */
  accept(): Promise<ScriptedSession>;
  /** The next session upstream, after the handshake. */
  handshake(): Promise<ScriptedSession>;
  /** The next session upstream, which acknowledges every request. */
  serving(): Promise<ScriptedSession>;
}

/**
 * Opens a relay of `iex`, or of `crypto/us` if the options name it, and starts it; it is closed at the end of the test.
 * Without `isLogged`, it has no `onEvent`.
 */
export function openRelay(
  options: UpstreamOptions = {},
  settings: Partial<GatewayOptions> = {},
  isLogged = true,
): Relay {
  const isCrypto = options.feed === "crypto/us";
  const scripted = new ScriptedGateway({}, isCrypto ? CRYPTO_SCHEMA : STOCK_SCHEMA);
  const clock = options.clock instanceof VirtualClock ? options.clock : new VirtualClock();
  const events: GatewayEvent[] = [];
  const feed = upstream({
    apiKey: "upstream-key",
    secretKey: UPSTREAM_SECRET,
    connector: scripted.connector,
    clock,
    staleAfterMs: false,
    ...options,
  });
  const gateway = createGateway({
    feeds: isCrypto ? { "crypto/us": feed } : { iex: feed },
    clock,
    once: options.once ?? false,
    ...(isLogged && { onEvent: (event) => void events.push(event) }),
    ...settings,
  });
  const relay: Relay = {
    upstream: scripted,
    clock,
    feed,
    gateway,
    events,
    get source() {
      return events.flatMap((event) => (event.type === "source" ? [event.event] : []));
    },
    outcome: undefined,
    client: (peerOptions) => new MemoryPeer(gateway, peerOptions).authenticate(),
    accept: async () => {
      let accepted: ScriptedSession | undefined;
      void scripted.accept().then((session) => {
        accepted = session;
      });
      await clock.settle();
      while (accepted === undefined) await clock.advance(500);
      return accepted;
    },
    handshake: async () => {
      const session = await relay.accept();
      session.welcome();
      await session.expectAuth();
      session.authenticated();
      return session;
    },
    serving: async () => {
      const session = await relay.handshake();
      session.acknowledgeAll();
      await clock.settle();
      return session;
    },
  };
  gateway.start().then(
    () => {
      relay.outcome = { error: undefined };
    },
    (error: unknown) => {
      relay.outcome = { error };
    },
  );
  onTestFinished(async () => {
    const closed = gateway.close(1_000);
    await clock.advance(10_000);
    await closed;
  });
  return relay;
}

/** A request to subscribe to trades. */
export const subscribe = (...trades: string[]): object => ({ action: "subscribe", trades });

/** A request to unsubscribe from trades. */
export const unsubscribe = (...trades: string[]): object => ({ action: "unsubscribe", trades });
