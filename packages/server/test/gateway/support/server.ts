import type { AnyRecord } from "@tickerplant/client";
import { createGateway, type GatewayOptions } from "../../../src/create-gateway.ts";
import type { Feed } from "../../../src/feeds/feed.ts";
import type { Gateway } from "../../../src/gateway/gateway.ts";
import { type Listener, type ListenOptions, listen } from "../../../src/http/listen.ts";
import { ManualFeed } from "./manual-feed.ts";

/** A gateway on a port of its own; `await using` closes it. */
export interface Server extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly listener: Listener;
  readonly feed: ManualFeed;
  /** The address of its feed `iex`. */
  readonly url: string;
}

/** Opens a gateway with a feed of the test's own. */
export async function openServer(
  options: Partial<GatewayOptions> = {},
  listenOptions: ListenOptions = {},
): Promise<Server> {
  const feed = new ManualFeed();
  const gateway = createGateway({ feeds: { iex: feed }, ...options });
  const listener = await listen(gateway, listenOptions);
  return {
    gateway,
    listener,
    feed,
    url: `${listener.url}/v2/iex`,
    [Symbol.asyncDispose]: () => listener.close(),
  };
}

/** A feed of fixed records without a clock, which waits for `gate` before the first. */
export function feedOf(records: readonly AnyRecord[], gate: Promise<unknown> = Promise.resolve()): Feed {
  return {
    paced: false,
    run: async (sink) => {
      await gate;
      for (const [index, record] of records.entries()) {
        if (index % 100 === 0) await sink.room();
        sink.publish(record);
      }
    },
  };
}
