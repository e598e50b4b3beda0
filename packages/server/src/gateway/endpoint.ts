import { Codec, FrameDecoder, FrameEncoder, type WritableSchema } from "@tickerplant/client/wire";
import type { Feed, FeedSource } from "../feeds/feed.ts";
import type { SnapshotSink } from "../feeds/record-sink.ts";
import type { Entitlement } from "./auth/keyring.ts";
import type { Admission } from "./gateway-session.ts";
import type { FeedState, Hub } from "./hub.ts";

/** Describes an endpoint: a path at which clients subscribe to records of one asset class. */
export interface EndpointOptions {
  /** The path of the upgrade, such as `/v2/iex`. */
  readonly path: string;
  /** The name in events and entitlements, such as `iex`. */
  readonly name: string;
  readonly schema: WritableSchema;
  /** The source of its records; endpoints of the same schema may share one. */
  readonly feed: Feed;
  /**
   * Channels that it offers; requests for others are rejected with 410.
   *
   * @defaultValue every channel of the schema that a request may name
   */
  readonly channels?: readonly string[];
  /**
   * Makes what remembers the feed's records for clients that subscribe later. Of endpoints that share a
   * feed, the first decides.
   *
   * @defaultValue clients get what is published after they subscribed
   */
  readonly makeSnapshots?: () => SnapshotSink;
}

/** What is known of an endpoint from outside. */
export interface EndpointStatus {
  readonly path: string;
  /** Its name, such as `iex`. */
  readonly feed: string;
  readonly state: FeedState;
  /** What its records are; absent if that is not known. */
  readonly source?: FeedSource;
  /** More of the source in a few words, such as `seed 1, speed 1`. */
  readonly sourceDetail?: string;
  /** Why its clients get no records at the moment, in one sentence; absent if its feed does its work. */
  readonly problem?: string;
  /** What a sink of the feed, such as a recorder, cannot do at the moment. Its clients get their records. */
  readonly sinkProblem?: string;
}

/** Limits for keys that have none of their own. */
export interface KeyLimits {
  readonly maxConnections?: number;
  readonly maxSymbols?: number;
}

/** One endpoint of a gateway: its asset class, the hub of its feed, and the open connections of each key. */
export class Endpoint {
  readonly name: string;
  readonly schema: WritableSchema;
  readonly channels: readonly string[];
  readonly hub: Hub;
  /** For control messages: an encoder keeps nothing from one to the next, so that all clients share them. */
  readonly encoders: Readonly<Record<Codec, FrameEncoder>>;
  /** For what clients send, shared for the same reason. */
  readonly decoder: FrameDecoder;
  /** Open connections by key; a key without any is not there. */
  readonly #connections = new Map<string, number>();

  constructor({ name, schema, channels = schema.subscribable }: EndpointOptions, hub: Hub) {
    this.name = name;
    this.schema = schema;
    this.decoder = new FrameDecoder(schema);
    this.channels = channels;
    this.hub = hub;
    this.encoders = {
      msgpack: new FrameEncoder(Codec.MSGPACK, schema),
      json: new FrameEncoder(Codec.JSON, schema),
    };
  }

  /** Counts a connection of a key, if the key's entitlement and the limits of the gateway let it in. */
  admit(entitlement: Entitlement, limits: KeyLimits): Admission {
    const { key, maxConnections } = entitlement;
    const admission = this.admissionOf(entitlement, limits);
    if ("error" in admission) return admission;
    const open = this.#connections.get(key) ?? 0;
    if (open >= (maxConnections ?? limits.maxConnections ?? Number.POSITIVE_INFINITY)) return { error: 406 };
    this.#connections.set(key, open + 1);
    return admission;
  }

  /** Returns what a connection of a key may do, whether or not there is room for another. */
  admissionOf({ feeds, maxSymbols }: Entitlement, limits: KeyLimits): Admission {
    if (feeds !== undefined && !feeds.includes(this.name)) return { error: 409 };
    return { maxSymbols: maxSymbols ?? limits.maxSymbols ?? Number.POSITIVE_INFINITY };
  }

  /** A connection that was admitted has ended. */
  release(key: string): void {
    const left = (this.#connections.get(key) ?? 1) - 1;
    if (left > 0) this.#connections.set(key, left);
    else this.#connections.delete(key);
  }
}
