import * as http from "node:http";
import * as https from "node:https";
import { BlockList, isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import * as tls from "node:tls";
import { StreamError } from "../../../wire/index.ts";
import { isUntrusted, textOf } from "./connect-failure.ts";

/** How a tunnel's socket, or the error instead of it, is handed on. */
type Connected = (error: Error | null, socket?: Duplex) => void;

/** A connection through a proxy, for one websocket. */
export interface Tunnel {
  /** For the option of `http.request` of this name. */
  createConnection(options: tls.ConnectionOptions, connected: Connected): undefined;
  /** Gives up an attempt that the proxy has not answered yet. */
  abandon(): void;
}

/** A proxy, and the variable that names it. */
interface Proxy {
  readonly address: string;
  readonly variable: string;
}

/**
 * The tunnel that the environment asks for on the way to an address; undefined for the direct way.
 *
 * `https_proxy` is for wss:, `http_proxy` for ws:, and `no_proxy` lists what goes the direct way; each may
 * be in capitals, and small letters win. Loopback addresses are never proxied.
 *
 * Source: everything.curl.dev/usingcurl/proxies/env; golang.org/x/net/http/httpproxy for loopback.
 */
export function environmentTunnel(target: string, environment: NodeJS.ProcessEnv = process.env): Tunnel | undefined {
  const url = new URL(target);
  const isSecure = url.protocol === "wss:";
  const proxy = variableOf(environment, isSecure ? "https_proxy" : "http_proxy");
  if (proxy === undefined || proxy.address === "") return undefined;
  if (isLoopback(hostOf(url)) || isExcluded(url, variableOf(environment, "no_proxy")?.address ?? "")) return undefined;
  const aborter = new AbortController();
  return {
    createConnection: (options, connected) => {
      connect(proxy, url, aborter.signal, (error, socket) => {
        if (socket === undefined || !isSecure) return connected(error, socket);
        const { servername = isIP(hostOf(url)) === 0 ? hostOf(url) : "" } = options;
        // Of a TLS socket over another stream the types know only the one of node:net.
        connected(null, tls.connect({ ...options, path: undefined, servername, socket: socket as Socket }));
      });
      return undefined;
    },
    abandon: () => aborter.abort(),
  };
}

function variableOf(environment: NodeJS.ProcessEnv, name: string): Proxy | undefined {
  for (const variable of [name, name.toUpperCase()]) {
    const address = environment[variable];
    if (address !== undefined) return { address: address.trim(), variable };
  }
  return undefined;
}

/** Asks the proxy for a connection to the target's host and port. */
function connect(proxy: Proxy, target: URL, signal: AbortSignal, connected: Connected): void {
  const url = proxyUrl(proxy.address);
  if (url === undefined) return connected(unusable(proxy));
  const authority = `${target.hostname}:${portOf(target)}`;
  const request = (url.protocol === "https:" ? https : http).request({
    method: "CONNECT",
    host: hostOf(url),
    port: portOf(url),
    path: authority,
    headers: { Host: authority, ...credentialsOf(url) },
    agent: false,
    signal,
  });
  request.once("connect", ({ statusCode = 0, statusMessage = "" }, socket, head) => {
    if (statusCode < 200 || statusCode > 299) {
      socket.destroy();
      return connected(rejected(proxy, url, authority, statusCode, statusMessage));
    }
    if (head.length > 0) socket.unshift(head);
    connected(null, socket);
  });
  request.once("error", (error) => connected(unreachable(proxy, url, error)));
  request.end();
}

/**
 * The address of a proxy; `http://` may be left out. Undefined for what is no HTTP proxy, and for a path,
 * which is what a `/`, `?` or `#` in a password makes of it: the host would be a piece of the password.
 */
function proxyUrl(address: string): URL | undefined {
  const full = hasScheme(address) ? address : `http://${address}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (url === undefined || url.pathname + url.search + url.hash !== "/") return undefined;
  return url.protocol === "http:" || url.protocol === "https:" ? url : undefined;
}

function hasScheme(address: string): boolean {
  return /^[\w+.-]+:\/\//.test(address);
}

function credentialsOf({ username, password }: URL): { "Proxy-Authorization"?: string } {
  if (username === "" && password === "") return {};
  const plain = `${decoded(username)}:${decoded(password)}`;
  return { "Proxy-Authorization": `Basic ${Buffer.from(plain).toString("base64")}` };
}

/** Percent-decoded, as curl does it: a stray `%` stands for itself. */
function decoded(part: string): string {
  return part.replaceAll(/(%[\da-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes; // bytes that are no UTF-8
    }
  });
}

/** Whether `no_proxy` has the host: by name or domain, with or without a port, by address or network, or by `*`. */
function isExcluded(url: URL, list: string): boolean {
  const host = hostOf(url);
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .some((entry) => {
      if (entry === "*") return true;
      if (entry.includes("/")) return isInNetwork(host, entry);
      const [, name = "", port = ""] = /^(.*?)(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
      if (port !== "" && port !== portOf(url)) return false;
      const domain = name.toLowerCase().replace(/^\*?\.|^\[|\]$|\.$/g, "");
      return domain !== "" && (host === domain || (isIP(host) === 0 && host.endsWith(`.${domain}`)));
    });
}

function isInNetwork(host: string, network: string): boolean {
  const [address = "", prefix = ""] = network.split("/");
  const family = isIP(address);
  if (family === 0 || isIP(host) !== family || !/^\d+$/.test(prefix) || Number(prefix) > (family === 4 ? 32 : 128))
    return false;
  const list = new BlockList();
  const type = family === 4 ? "ipv4" : "ipv6";
  list.addSubnet(address, Number(prefix), type);
  return list.check(host, type);
}

/** Whether a host is this machine: loopback, or the address on which a server listens for every network. */
function isLoopback(host: string): boolean {
  if (/(^|\.)localhost$/.test(host) || host === "0.0.0.0" || host === "::" || host === "::1") return true;
  return (isIP(host) === 4 && host.startsWith("127.")) || host.startsWith("::ffff:7f"); // IPv4 within IPv6
}

/** The host without the brackets of IPv6 and the dot of a full name. */
function hostOf({ hostname }: URL): string {
  return hostname.toLowerCase().replace(/^\[|\]$|\.$/g, "");
}

function portOf({ protocol, port }: URL): string {
  return port || (protocol === "https:" || protocol === "wss:" ? "443" : "80");
}

function unusable({ address, variable }: Proxy): StreamError {
  // Not the value itself, which may hold a password.
  const scheme = hasScheme(address) ? address.slice(0, address.indexOf("://")).toLowerCase() : "http";
  const got = scheme.startsWith("http")
    ? "one that is none; special characters of user and password are percent-encoded, a # as %23"
    : `the scheme ${scheme}:`;
  return new StreamError(
    "proxy_failed",
    `${variable} must be the address of an HTTP proxy such as http://proxy.example:3128, got ${got}. Correct it, or name the host in NO_PROXY.`,
    { terminal: true },
  );
}

function unreachable({ variable }: Proxy, url: URL, cause: Error): StreamError {
  const isTerminal = isUntrusted(cause);
  const advice = isTerminal
    ? "Trust the proxy's certificate with the environment variable NODE_EXTRA_CA_CERTS=file.pem"
    : `Check ${variable} and that the proxy runs`;
  return new StreamError(
    "proxy_failed",
    `the proxy ${shown(url)} did not open a tunnel: ${textOf(cause)}. ${advice}, or name the host in NO_PROXY.`,
    { cause, terminal: isTerminal },
  );
}

function rejected({ variable }: Proxy, url: URL, authority: string, status: number, text: string): StreamError {
  const advice =
    status === 407
      ? `Put user and password into ${variable}: http://user:password@host:port, with special characters percent-encoded.`
      : status === 403
        ? "Its rules do not allow this host: ask its operator, or name the host in NO_PROXY."
        : "Check that the proxy can reach the host, or name the host in NO_PROXY.";
  return new StreamError(
    "proxy_failed",
    `the proxy ${shown(url)} rejected the tunnel to ${authority} with HTTP ${status} ${text}. ${advice}`,
    { status, terminal: status === 407 },
  );
}

/** A proxy's address without user and password. */
function shown({ protocol, host }: URL): string {
  return `${protocol}//${host}`;
}
