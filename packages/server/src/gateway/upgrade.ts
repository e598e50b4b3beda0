import { Codec } from "@tickerplant/client/wire";
import { OAUTH_KEY } from "./keyring.ts";
import type { UpgradeRequest } from "./socket.ts";

/** The path of a request's address, without its query and a slash at the end. */
export function pathOf(url: string = "/"): string {
  const path = url.split("?", 1)[0] ?? "";
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}

/** The query of a request's address. */
export function searchOf({ url }: UpgradeRequest): URLSearchParams {
  return new URLSearchParams(url.split("?").slice(1).join("?"));
}

/** The codec that the client asks for; JSON without a word. Source: docs.alpaca.markets/docs/streaming-market-data. */
export function codecOf({ headers }: UpgradeRequest): Codec {
  return String(headers["content-type"] ?? "").includes("msgpack") ? Codec.MSGPACK : Codec.JSON;
}

/** Credentials in headers: Alpaca's own pair, `Basic` (brokers) or `Bearer` (OAuth, as the key "oauth"). */
export function credentialsOf({ headers }: UpgradeRequest): { key: string; secret: string } | undefined {
  const key = headers["apca-api-key-id"];
  const secret = headers["apca-api-secret-key"];
  if (typeof key === "string" && typeof secret === "string") return { key, secret };
  const [scheme, value] = String(headers.authorization ?? "").split(" ");
  if (value === undefined) return undefined;
  if (scheme?.toLowerCase() === "bearer") return { key: OAUTH_KEY, secret: value };
  if (scheme?.toLowerCase() !== "basic") return undefined;
  const text = Buffer.from(value, "base64").toString();
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { key: text.slice(0, colon), secret: text.slice(colon + 1) };
}
