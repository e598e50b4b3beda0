import { once } from "node:events";
import { Codec } from "@tickerplant/client/wire";
import { describe, expect, test } from "vitest";
import { codecFromHeaders, credentialsFromHeaders, pathOf, splitTarget } from "../../src/gateway/upgrade.ts";
import { readAll, tcp, UPGRADE, upgradeWith } from "./support/raw.ts";
import { openServer, type Server } from "./support/server.ts";

/** The first bytes that a request brings; the connection ends with them. */
async function firstAnswer(server: Server, request: string): Promise<string> {
  const socket = await tcp(server, request);
  const [chunk] = await once(socket, "data");
  socket.destroy();
  return chunk.toString("latin1");
}

const withHeaders = (headers: Readonly<Record<string, string>>) => ({ url: "/v2/iex", headers });

describe("request targets", () => {
  test.each([
    ["/v2/iex?slow=conflate", { url: "/v2/iex?slow=conflate" }],
    ["http://host/v2/iex", { host: "host", url: "/v2/iex" }],
    ["HTTP://host:8765/v2/iex?a=http://b/c", { host: "host:8765", url: "/v2/iex?a=http://b/c" }],
    ["wss://[::1]:8765/v2/iex", { host: "[::1]:8765", url: "/v2/iex" }],
    ["https://host", { host: "host", url: "/" }],
    ["http://host?a=1", { host: "host", url: "/?a=1" }],
    ["/http://host/v2/iex", { url: "/http://host/v2/iex" }],
    ["ftp://host/v2/iex", { url: "ftp://host/v2/iex" }],
  ])("the request target %s is read in absolute form as in origin form", (target, expected) => {
    expect(splitTarget(target)).toEqual(expected);
  });

  test.each([
    ["/v2/iex/", "/v2/iex"],
    ["/v2/%69ex", "/v2/iex"],
    ["/%762/%49EX", "/v2/IEX"],
    ["/v2%2Fiex", "/v2%2Fiex"],
    ["/v2/iex%00", "/v2/iex%00"],
    ["/v2/%2e%2e/v2/iex", "/v2/../v2/iex"],
    ["/v2/iex%", "/v2/iex%"],
    ["/", "/"],
  ])("the request target %s has the path %s", (url, path) => {
    expect(pathOf(url)).toBe(path);
  });

  test.each(["GET http://localhost/v2/iex", "GET ws://other:1/v2/%69ex/?x=1"])("%s opens a feed", async (start) => {
    await using server = await openServer();
    expect(await firstAnswer(server, UPGRADE.replace("GET /v2/iex", start))).toMatch(/^HTTP\/1\.1 101 /);
  });

  test("a request target in absolute form sets the host that a page's origin is compared with", async () => {
    await using server = await openServer();
    const absolute = UPGRADE.replace("GET /v2/iex", "GET http://evil.example/v2/iex");
    const request = absolute.replace("\r\n\r\n", "\r\nOrigin: http://localhost\r\n\r\n");
    expect(await readAll(await tcp(server, request))).toMatch(/^HTTP\/1\.1 403 /);
    expect(await firstAnswer(server, upgradeWith("Origin: http://localhost"))).toMatch(/^HTTP\/1\.1 101 /);
  });

  test("a GET with a request target in absolute form is answered", async () => {
    await using server = await openServer();
    const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
    expect(await readAll(await tcp(server, get("http://x/v2/iex")))).toMatch(/^HTTP\/1\.1 426 /);
    expect(await readAll(await tcp(server, get("http://x/v2/sip")))).toMatch(/^HTTP\/1\.1 404 /);
  });
});

describe("content types", () => {
  test.each([
    "application/msgpack",
    "Application/MsgPack",
    "APPLICATION/MSGPACK; charset=x",
    "application/msgpack;q=1",
    " application/msgpack ",
    "application/x-msgpack",
    "application/vnd.msgpack",
  ])("the codec is msgpack for the media type %j", (type) => {
    expect(codecFromHeaders(withHeaders({ "content-type": type }))).toBe(Codec.MSGPACK);
  });

  test.each(["application/json", "application/json; note=msgpack", "text/msgpack", "application/msgpackx", ""])(
    "is JSON for the media type %j",
    (type) => {
      expect(codecFromHeaders(withHeaders({ "content-type": type }))).toBe(Codec.JSON);
    },
  );
});

describe("authorization headers", () => {
  const basic = Buffer.from("K:S:T").toString("base64");

  test.each([
    ["Bearer TOKEN", { key: "oauth", secret: "TOKEN" }],
    ["BEARER   TOKEN", { key: "oauth", secret: "TOKEN" }],
    [`bAsIc  ${basic}`, { key: "K", secret: "S:T" }],
    ["Bearer", undefined],
    ["Bearer ", undefined],
    ["Token TOKEN", undefined],
    ["", undefined],
  ])("the authorization %j has a scheme in any case, and spaces after it", (authorization, expected) => {
    expect(credentialsFromHeaders(withHeaders({ authorization }))).toEqual(expected);
  });
});
