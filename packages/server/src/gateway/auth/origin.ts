import { isIP } from "node:net";
import type { UpgradeRequest } from "../socket.ts";

/**
 * Whether a page may open this websocket. Browsers let any page connect anywhere, and say in
 * `Origin` whose page it is; programs send none. Without the check, a web site could read a gateway
 * that takes any key on its visitor's machine.
 *
 * Besides the origins that are allowed, a page of the gateway's own address passes, by number or as
 * localhost: some libraries send that. By a name it does not, because whoever owns a name may point
 * it at this machine (DNS rebinding).
 */
export function isOriginAllowed({ headers }: UpgradeRequest, allowed: ReadonlySet<string>): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return true;
  if (typeof origin !== "string") return false;
  return allowed.has(origin.toLowerCase()) || (typeof host === "string" && isOwnAddress(origin, host));
}

/** Whether a text is an origin as browsers send it, such as `https://example.com`. */
export function isWebOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

/** An origin that is fit for a log: whoever sends it may write anything there. */
export function showOrigin({ headers: { origin } }: UpgradeRequest): string {
  return typeof origin === "string" && /^[!-~]{1,200}$/.test(origin) ? origin : "(unreadable)";
}

function isOwnAddress(origin: string, host: string): boolean {
  if (!URL.canParse(origin) || !/^[\w.:[\]-]+$/.test(host)) return false;
  const page = new URL(origin);
  const own = `${page.protocol}//${host}`;
  if (!URL.canParse(own) || new URL(own).host !== page.host) return false;
  return page.hostname === "localhost" || isIP(page.hostname.replace(/^\[|\]$/g, "")) !== 0;
}
