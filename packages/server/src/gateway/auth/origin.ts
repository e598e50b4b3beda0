import { isIP } from "node:net";
import type { UpgradeRequest } from "../socket.ts";

/**
 * Whether a page may open this websocket. Browsers let any page connect anywhere, and send the page's
 * site in `Origin`; other programs send none. Without the check, a web site could read a gateway that
 * accepts any key on its visitor's machine.
 *
 * Besides the origins that are allowed, a page of the gateway's own address passes, by number or as
 * localhost: some libraries send that. By a name it does not, because the owner of a name may point
 * it at this machine (DNS rebinding).
 */
export function isOriginAllowed({ headers }: Pick<UpgradeRequest, "headers">, allowed: ReadonlySet<string>): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return true;
  if (typeof origin !== "string") return false;
  return allowed.has(origin.toLowerCase()) || (typeof host === "string" && isOwnAddress(origin, host));
}

/** Whether a string is an origin as browsers send it, such as `https://example.com`. */
export function isWebOrigin(value: string): boolean {
  return /^https?:/.test(value) && URL.canParse(value) && new URL(value).origin === value;
}

/** Returns the origin for a log, or a placeholder where the client sent something else there. */
export function showOrigin({ headers: { origin } }: Pick<UpgradeRequest, "headers">): string {
  return typeof origin === "string" && /^[!-~]{1,200}$/.test(origin) ? origin : "(unreadable)";
}

function isOwnAddress(origin: string, host: string): boolean {
  if (!URL.canParse(origin) || !/^[\w.:[\]-]+$/.test(host)) return false;
  const page = new URL(origin);
  const own = `${page.protocol}//${host}`;
  if (!URL.canParse(own) || new URL(own).host !== page.host) return false;
  return page.hostname === "localhost" || isIP(page.hostname.replace(/^\[|\]$/g, "")) !== 0;
}
