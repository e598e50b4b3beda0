import { DataFeed, feedPath } from "@tickerplant/client";

/** A feed of stocks that the gateway serves. */
export interface GatewayFeed {
  readonly name: DataFeed;
  /** The path of its stream, such as `/v2/sip`. */
  readonly path: string;
  readonly source: "live" | "simulated" | "replay" | undefined;
  /** More of the source in a few words, such as `seed 1, speed 1`. */
  readonly sourceDetail: string | undefined;
}

/** What the page has to know of the gateway before it connects. */
export interface GatewayInfo {
  readonly acceptsAnyKey: boolean;
  readonly feeds: readonly GatewayFeed[];
}

/** What the page reads of `/healthz`. */
interface HealthAnswer {
  readonly keys?: unknown;
  readonly endpoints: readonly { readonly path: string; readonly source?: unknown; readonly sourceDetail?: unknown }[];
}

const SOURCES = ["live", "simulated", "replay"] as const;

/**
 * Requests what the gateway serves. Feeds of other asset classes are left out.
 *
 * @throws Error if the gateway does not answer, or answers with a failure.
 */
export async function gatewayInfo(origin: string, signal?: AbortSignal): Promise<GatewayInfo> {
  const response = await fetch(`${origin}/healthz`, { cache: "no-store", ...(signal && { signal }) });
  if (!response.ok) throw new Error(`The gateway answered /healthz with HTTP ${response.status}: look at its log`);
  const answer: HealthAnswer = await response.json();
  return readInfo(answer);
}

/** Reads the answer of `/healthz`. A gateway that does not name the source of a feed does not know it. */
export function readInfo({ keys, endpoints }: HealthAnswer): GatewayInfo {
  const feeds: GatewayFeed[] = [];
  for (const name of Object.values(DataFeed)) {
    const path = `/${feedPath(name)}`;
    const endpoint = endpoints.find((each) => each.path === path);
    if (endpoint === undefined) continue;
    const source = SOURCES.find((each) => each === endpoint.source);
    const { sourceDetail } = endpoint;
    feeds.push({ name, path, source, sourceDetail: typeof sourceDetail === "string" ? sourceDetail : undefined });
  }
  return { acceptsAnyKey: keys === "any", feeds };
}
