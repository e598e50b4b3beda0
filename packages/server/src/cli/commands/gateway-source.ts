import type { Source } from "../board/model/board-model.ts";

/** How long a gateway may take to answer, in milliseconds: the board is of use without the answer. */
const TIMEOUT_MS = 3_000;

/**
 * Asks the gateway behind a stream's URL whether its records are live, simulated or replayed. Returns undefined for a
 * server that does not answer this, such as one that is no gateway of this project.
 */
export async function gatewaySource(streamUrl: string): Promise<Source> {
  if (!URL.canParse(streamUrl)) return undefined;
  const { protocol, host, pathname } = new URL(streamUrl);
  try {
    const address = `${protocol.replace(/^ws/, "http")}//${host}/healthz`;
    const response = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: "error" });
    return response.ok ? sourceOf(await response.json(), pathname) : undefined;
  } catch {
    return undefined; // the stream itself reports a server that cannot be reached
  }
}

/** What the answer of `/healthz` reports of the feed at a path. */
export function sourceOf(answer: unknown, pathname: string): Source {
  const { endpoints } = (answer ?? {}) as { endpoints?: unknown }; // checked below
  if (!Array.isArray(endpoints)) return undefined;
  const endpoint: unknown = endpoints.find((each) => each?.path === pathname);
  const { source } = (endpoint ?? {}) as { source?: unknown }; // checked below
  return source === "live" || source === "simulated" || source === "replay" ? source : undefined;
}
