import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createGateway } from "../../src/create-gateway.ts";
import type { HttpRequest } from "../../src/gateway/http-route.ts";
import { listen } from "../../src/http/listen.ts";
import { type Route, Router } from "../../src/http/router.ts";
import { ManualFeed } from "../gateway/support/manual-feed.ts";
import { readAll, tcp, UPGRADE } from "../gateway/support/raw.ts";
import { openServer } from "../gateway/support/server.ts";

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** A port with routes of the test's own; returns a function that sends a request. */
async function serve(
  routes: Readonly<Record<string, Route>>,
): Promise<(method: string, path: string) => Promise<Answer>> {
  const router = new Router();
  for (const [path, route] of Object.entries(routes)) router.add(path, route);
  const server = createServer((incoming, response) => void router.respond(incoming, response));
  server.on("upgrade", (incoming, socket, head) => router.upgrade(incoming, socket, head));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo; // a TCP server that listens has one
  return (method, path) => ask(port, method, path);
}

async function ask(port: number, method: string, path: string): Promise<Answer> {
  const outgoing = request({ host: "127.0.0.1", port, method, path, agent: false }).end();
  const [response] = await once(outgoing, "response");
  let text = "";
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, headers: response.headers, text };
}

const echo = { methods: { GET: ({ url }: HttpRequest) => ({ status: 200, body: url }) } };

describe("Router", () => {
  test("the router passes a request to the route of its path, with the query, in each form of the target", async () => {
    const send = await serve({ "/echo": echo });
    for (const path of ["/echo", "/echo/", "/echo?x=1", "/%65cho", "http://other/echo?x=1"]) {
      const { status, text } = await send("GET", path);
      expect([status, text]).toEqual([200, path.replace("http://other", "")]);
    }
  });

  test("the router answers HEAD like GET, without the body but with its length", async () => {
    const send = await serve({ "/echo": echo });
    const { status, headers, text } = await send("HEAD", "/echo");
    expect([status, headers["content-length"], text]).toEqual([200, "5", ""]);
  });

  test("the router answers 404 for an unknown path and lists the paths, and 405 for another method and lists the methods", async () => {
    const send = await serve({ "/echo": echo, "/socket": { upgrade: () => {} } });
    const { status, text } = await send("GET", "/other");
    expect([status, text]).toEqual([404, "There is nothing at this path. Paths: /echo /socket\n"]);
    expect(await send("POST", "/echo")).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } });
  });

  test("the router answers 426 at a path that accepts only WebSockets", async () => {
    const send = await serve({ "/socket": { upgrade: () => {} } });
    for (const method of ["GET", "POST"])
      expect(await send(method, "/socket")).toMatchObject({ status: 426, headers: { upgrade: "websocket" } });
  });

  test("one path of the router can answer requests and accept WebSockets", async () => {
    const send = await serve({ "/both": { ...echo, upgrade: () => {} } });
    expect(await send("GET", "/both")).toMatchObject({ status: 200 });
  });

  test("every answer of the router has headers that keep browsers from running it, unless a route sets its own", async () => {
    const page = { status: 200, headers: { "Content-Security-Policy": "default-src 'self'" }, body: "" };
    const send = await serve({ "/echo": echo, "/page": { methods: { GET: () => page } } });
    const strict = {
      "content-type": "text/plain; charset=utf-8",
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      "cache-control": "no-store",
    };
    for (const path of ["/echo", "/other"]) expect(await send("GET", path)).toMatchObject({ headers: strict });
    const own = { ...strict, "content-security-policy": "default-src 'self'" };
    expect(await send("GET", "/page")).toMatchObject({ headers: own });
  });

  test("the router answers 500 for a handler that fails, without the error's message, and warns", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    onTestFinished(() => warn.mockRestore());
    const failing = {
      throws: () => {
        throw new Error("secret");
      },
      rejects: () => Promise.reject(new Error("secret")),
      answersBadHeader: () => ({ status: 200, headers: { "X-Bad": "a\nb" }, body: "" }),
    };
    for (const [index, GET] of Object.values(failing).entries()) {
      const send = await serve({ "/fails": { methods: { GET } } });
      const { status, text } = await send("GET", "/fails");
      expect([status, text]).toEqual([500, "The gateway failed.\n"]);
      expect(warn).toHaveBeenCalledTimes(index + 1);
    }
  });

  test("the router hands the parts of a path that its names stand for to the handler, decoded", async () => {
    const shown = { methods: { GET: ({ params }: HttpRequest) => ({ status: 200, body: JSON.stringify(params) }) } };
    const exact = { methods: { GET: () => ({ status: 200, body: "exact" }) } };
    const send = await serve({ "/v2/{symbol}/{kind}": shown, "/v2/trades/latest": exact, "/v2/{symbol}": shown });
    for (const [path, text] of [
      ["/v2/BRK.B/trades?x=1", '{"symbol":"BRK.B","kind":"trades"}'],
      ["/v2/BRK%2FB/tra%20des", '{"symbol":"BRK/B","kind":"tra des"}'],
      ["/v2/trades/latest", "exact"],
      ["/v2/A/", '{"symbol":"A"}'],
    ])
      expect((await send("GET", path ?? "")).text).toBe(text);
    for (const path of ["/v2//trades", "/v2/%zz/trades", "/v2/a/b/c"])
      expect(await send("GET", path)).toMatchObject({ status: 404 });
  });

  test("the router answers OPTIONS where a route does, and names it among the methods", async () => {
    const OPTIONS = () => ({ status: 200, body: "" });
    const send = await serve({ "/echo": echo, "/both": { methods: { ...echo.methods, OPTIONS } } });
    expect(await send("OPTIONS", "/both")).toMatchObject({ status: 200 });
    expect(await send("OPTIONS", "/echo")).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } });
    expect(await send("POST", "/both")).toMatchObject({
      status: 405,
      headers: { allow: "GET, HEAD, OPTIONS" },
      text: "This path answers GET, HEAD and OPTIONS.\n",
    });
  });

  test("the router rejects a second route for a path", () => {
    const router = new Router();
    router.add("/echo", echo);
    router.add("/{name}", echo);
    for (const path of ["/echo", "/{name}"])
      expect(() => router.add(path, echo)).toThrow(`the path ${path} has a route already`);
  });
});

describe("/healthz", () => {
  test("GET /healthz returns every endpoint with the state of its feed", async () => {
    await using server = await openServer();
    const { port } = server.listener;
    const states = async () => JSON.parse((await ask(port, "GET", "/healthz")).text);
    const inState = (state: object) => ({
      status: "ok",
      keys: "any",
      endpoints: [{ path: "/v2/iex", feed: "iex", ...state }],
    });
    expect(await ask(port, "GET", "/healthz")).toMatchObject({
      status: 200,
      headers: { "content-type": "application/json" },
    });
    expect(await states()).toEqual(inState({ state: "running" }));
    server.feed.end();
    expect(await states()).toEqual(inState({ state: "ended", problem: "the feed has ended" }));
  });

  test("GET /healthz is answered with 200 even if no feed does its work", async () => {
    await using server = await openServer();
    server.feed.status = { isReady: false, reason: "waiting for upstream" };
    expect(await ask(server.listener.port, "GET", "/healthz")).toMatchObject({ status: 200 });
  });

  test("/healthz accepts no WebSocket", async () => {
    await using server = await openServer();
    const answer = await readAll(await tcp(server, UPGRADE.replace("/v2/iex", "/healthz")));
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
  });
});

describe("/readyz", () => {
  const readiness = async (port: number) => {
    const { status, text } = await ask(port, "GET", "/readyz");
    return { status, ...JSON.parse(text) };
  };
  const iex = (state: object) => [{ path: "/v2/iex", feed: "iex", ...state }];

  test("GET /readyz is answered with 503 and the reason while a feed waits for its upstream, and with 200 before and after", async () => {
    await using server = await openServer();
    const { port } = server.listener;
    const ready = { status: "ready", endpoints: iex({ state: "running" }) };
    expect(await readiness(port)).toEqual(ready);
    server.feed.status = { isReady: false, reason: "upstream rejected the credentials" };
    const problem = "upstream rejected the credentials";
    expect(await ask(port, "GET", "/readyz")).toMatchObject({ status: 503 });
    expect(await readiness(port)).toEqual({ status: "not ready", endpoints: iex({ state: "running", problem }) });
    server.feed.status = { isReady: true };
    expect(await readiness(port)).toEqual(ready);
  });

  test("GET /readyz names the problem of a recorder, and is answered with 200: clients get their records", async () => {
    await using server = await openServer();
    const problem = "the disk of the recording is full";
    server.gateway.addSink(server.feed, { problem, record: () => {} });
    const endpoints = iex({ state: "running", sinkProblem: problem });
    expect(await readiness(server.listener.port)).toEqual({ status: "ready", endpoints });
    expect(await ask(server.listener.port, "GET", "/readyz")).toMatchObject({ status: 200 });
  });

  test("GET /readyz is answered with 503 before the feeds are started, and when one has ended or failed", async () => {
    const [ends, fails] = [new ManualFeed(), new ManualFeed()];
    const gateway = createGateway({ feeds: { iex: ends, sip: fails }, onEvent: () => {} });
    await using listener = await listen(gateway, { start: false });
    const problems = async () => {
      const { status, text } = await ask(listener.port, "GET", "/readyz");
      const { endpoints } = JSON.parse(text) as { endpoints: { problem?: string }[] };
      return [status, ...endpoints.map(({ problem }) => problem)];
    };
    const waiting = "the feed has not been started";
    expect(await problems()).toEqual([503, waiting, waiting]);
    gateway.start().catch(() => {});
    expect(await problems()).toEqual([200, undefined, undefined]);
    ends.end();
    expect(await problems()).toEqual([503, "the feed has ended", undefined]);
    fails.fail(new Error("broken"));
    expect(await problems()).toEqual([503, "the feed has ended", "the feed failed"]);
  });

  test("a gateway whose feed waits for its first subscription is ready", async () => {
    const gateway = createGateway({ feeds: { iex: new ManualFeed(false) } });
    await using listener = await listen(gateway);
    expect(gateway.endpoints).toEqual(iex({ state: "waiting" }));
    expect(await readiness(listener.port)).toMatchObject({ status: "ready" });
  });
});
