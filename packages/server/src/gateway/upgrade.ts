import { Codec } from "@tickerplant/client/wire";
import { OAUTH_KEY } from "./auth/keyring.ts";
import type { UpgradeRequest } from "./socket.ts";

/** An absolute request target: scheme, authority, and the rest. Source: RFC 9112, section 3.2.2. */
const ABSOLUTE_TARGET = /^(?:https?|wss?):\/\/([^/?#]*)(.*)$/i;

/** Media types of msgpack: the one of Alpaca's documentation, its older name, and the registered one. */
const MSGPACK_TYPE = /^application\/(?:x-|vnd\.)?msgpack$/;

/** An authentication scheme and what follows. Source: RFC 9110, section 11.4. */
const AUTHORIZATION = /^(\S+) +(\S.*)$/;

/**
 * The host and the origin form of a request target. An absolute target is read as its path and query,
 * and its authority replaces the header `Host`. Source: RFC 9112, section 3.2.2.
 */
export function splitTarget(target: string = "/"): { readonly host?: string; readonly url: string } {
  const [, host, rest = ""] = ABSOLUTE_TARGET.exec(target) ?? [];
  if (host === undefined) return { url: target };
  return { host, url: rest.startsWith("/") ? rest : `/${rest}` };
}

/** The path of a request's address, without its query and a slash at the end. */
export function pathOf(url: string = "/"): string {
  const path = decodeUnreserved(url.split("?", 1)[0] ?? "");
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}

/** The query of a request's address. */
export function searchOf({ url }: UpgradeRequest): URLSearchParams {
  return new URLSearchParams(url.split("?").slice(1).join("?"));
}

/**
 * The codec that the client requests; JSON by default. Source: docs.alpaca.markets/docs/streaming-market-data.
 * A media type has no case and may have parameters. Source: RFC 9110, section 8.3.1.
 */
export function codecFromHeaders({ headers }: UpgradeRequest): Codec {
  const mediaType = String(headers["content-type"] ?? "").split(";", 1)[0] ?? "";
  return MSGPACK_TYPE.test(mediaType.trim().toLowerCase()) ? Codec.MSGPACK : Codec.JSON;
}

/** Credentials in headers: Alpaca's own pair, `Basic` (brokers) or `Bearer` (OAuth, as the key "oauth"). */
export function credentialsFromHeaders({
  headers,
}: Pick<UpgradeRequest, "headers">): { key: string; secret: string } | undefined {
  const key = headers["apca-api-key-id"];
  const secret = headers["apca-api-secret-key"];
  if (typeof key === "string" && typeof secret === "string") return { key, secret };
  const [, scheme = "", value = ""] = AUTHORIZATION.exec(String(headers.authorization ?? "")) ?? [];
  if (scheme.toLowerCase() === "bearer") return { key: OAUTH_KEY, secret: value };
  if (scheme.toLowerCase() !== "basic") return undefined;
  const text = Buffer.from(value, "base64").toString();
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { key: text.slice(0, colon), secret: text.slice(colon + 1) };
}

/** Decodes what needs no percent-encoding: both forms are the same path. Source: RFC 3986, section 6.2.2.2. */
function decodeUnreserved(path: string): string {
  return path.replaceAll(/%([0-9a-f]{2})/gi, (encoded, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[\w.~-]/.test(character) ? character : encoded;
  });
}
