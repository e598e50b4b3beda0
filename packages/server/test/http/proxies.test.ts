import { Agent } from "node:https";
import { StockDataStream, type StockDataStreamOptions, type StreamError, type Trade } from "@tickerplant/client";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { trade } from "../../../../verify/shared/records.ts";
import { hasOpenssl, makeCertificate } from "../gateway/support/certificate.ts";
import { localProxy } from "../gateway/support/proxy.ts";
import { openServer, type Server } from "../gateway/support/server.ts";

afterEach(() => vi.unstubAllEnvs());

/** Only a proxy gets there. */
const HOST = "feed.example";

/** Stands for the DNS of a network that does not know the host. */
const unknownHost = {
  lookup: (host: string, _options: object, done: (error: Error) => void): void =>
    done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: "ENOTFOUND" })),
};

/** A gateway of plain websockets that clients reach as `ws://feed.example`. */
async function plainServer(): Promise<Server> {
  const server = await openServer();
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

function streamTo(urlOverride: string, options: StockDataStreamOptions = {}): StockDataStream {
  const stream = new StockDataStream({ apiKey: "k", secretKey: "s", urlOverride, reconnect: false, ...options });
  stream.on("error", () => {}); // looked at through the run
  onTestFinished(() => stream.close());
  return stream;
}

/** The first trade that comes over a stream. */
async function firstTrade(stream: StockDataStream, server: Server): Promise<Trade | undefined> {
  const trades = stream.trades("AAPL");
  await stream.connect();
  server.feed.publish(trade("AAPL", 1));
  const { value } = await trades.next();
  return value;
}

async function failureOf(stream: StockDataStream): Promise<StreamError> {
  return stream.run().then(
    () => expect.unreachable("the run ended well"),
    (error: StreamError) => error,
  );
}

test("a ws: connection uses a tunnel of HTTP_PROXY, which resolves the host name", async () => {
  const server = await plainServer();
  const proxy = await localProxy(server.listener.port);
  vi.stubEnv("HTTP_PROXY", proxy.host); // the scheme may be left out
  const stream = streamTo(`ws://${HOST}/v2/iex`);
  expect(await firstTrade(stream, server)).toEqual(trade("AAPL", 1));
  expect(proxy.asked).toMatchObject([{ authority: `${HOST}:80`, headers: { host: `${HOST}:80` } }]);
  expect(proxy.asked[0]?.headers).not.toHaveProperty("proxy-authorization");
});

test("the tunnel has the port of the URL", async () => {
  const server = await plainServer();
  const proxy = await localProxy(server.listener.port);
  vi.stubEnv("http_proxy", `http://${proxy.host}`);
  await firstTrade(streamTo(`ws://${HOST}:8765/v2/iex`), server);
  expect(proxy.asked[0]?.authority).toBe(`${HOST}:8765`);
});

test.each([
  ["alice:wonderland", "alice:wonderland"],
  ["alice:p%40ss%3Aword%2F", "alice:p@ss:word/"],
  ["alice:100%", "alice:100%"],
  ["alice:50%25%&%C3%A4%40", "alice:50%%&ä@"],
  ["alice", "alice:"],
])("user and password of the proxy's address are sent to the proxy: %s", async (userinfo, plain) => {
  const server = await plainServer();
  const proxy = await localProxy(server.listener.port);
  vi.stubEnv("HTTP_PROXY", `http://${userinfo}@${proxy.host}`);
  await firstTrade(streamTo(`ws://${HOST}/v2/iex`), server);
  const [, encoded = ""] = String(proxy.asked[0]?.headers["proxy-authorization"]).split("Basic ");
  expect(Buffer.from(encoded, "base64").toString()).toBe(plain);
});

test("connections to loopback addresses and hosts of NO_PROXY are direct", async () => {
  const server = await plainServer();
  const proxy = await localProxy(server.listener.port);
  vi.stubEnv("HTTP_PROXY", proxy.host);
  await firstTrade(streamTo(server.url), server);
  vi.stubEnv("NO_PROXY", HOST);
  const error = await failureOf(streamTo(`ws://${HOST}/v2/iex`, { websocketParams: unknownHost }));
  expect(error.message).toMatch(/ENOTFOUND feed\.example\. There is no such host: check the host of the URL/);
  expect(proxy.asked).toEqual([]);
});

test.each([
  ["an agent", { agent: new Agent() }],
  ["agent: false", { agent: false }],
])("%s of the user replaces the proxy", async (_, websocketParams) => {
  const proxy = await localProxy(1);
  vi.stubEnv("HTTPS_PROXY", proxy.host);
  await failureOf(streamTo(`wss://${HOST}/v2/iex`, { websocketParams: { ...unknownHost, ...websocketParams } }));
  expect(proxy.asked).toEqual([]);
});

describe.skipIf(!hasOpenssl)("wss: through HTTPS_PROXY", () => {
  const certificate = hasOpenssl ? makeCertificate() : undefined;
  const ca = certificate?.cert;
  const trusting = { websocketParams: { ca, servername: "localhost" } };

  async function secureServer(): Promise<Server> {
    const server = await openServer({}, certificate === undefined ? {} : { tls: certificate });
    onTestFinished(() => server[Symbol.asyncDispose]());
    return server;
  }

  test("a wss: connection through HTTPS_PROXY is TLS from end to end inside the tunnel", async () => {
    const server = await secureServer();
    const proxy = await localProxy(server.listener.port);
    vi.stubEnv("HTTPS_PROXY", `http://${proxy.host}`);
    vi.stubEnv("HTTP_PROXY", "http://127.0.0.1:1");
    expect(await firstTrade(streamTo(`wss://${HOST}/v2/iex`, trusting), server)).toEqual(trade("AAPL", 1));
    expect(proxy.asked.map(({ authority }) => authority)).toEqual([`${HOST}:443`]);
  });

  test("a wss: connection through HTTPS_PROXY checks the certificate against the host of the URL", async () => {
    const server = await secureServer();
    const proxy = await localProxy(server.listener.port);
    vi.stubEnv("HTTPS_PROXY", proxy.host);
    const error = await failureOf(streamTo(`wss://${HOST}/v2/iex`, { websocketParams: { ca } }));
    expect(error).toMatchObject({ code: "untrusted_certificate", terminal: true });
    expect(error.message).toContain(HOST);
  });

  test("a wss: connection reaches a proxy with TLS, and checks the proxy's certificate", async () => {
    const server = await secureServer();
    const proxy = await localProxy(server.listener.port, certificate === undefined ? {} : { tls: certificate });
    vi.stubEnv("HTTPS_PROXY", `https://${proxy.host}`);
    const error = await failureOf(streamTo(`wss://${HOST}/v2/iex`, trusting));
    expect(error).toMatchObject({ code: "proxy_failed", terminal: true });
    expect(error.message).toMatch(
      /^the proxy https:\/\/127\.0\.0\.1:\d+ did not open a tunnel: self-signed certificate\. Trust the proxy's certificate with .*NODE_EXTRA_CA_CERTS/,
    );
  });
});

describe("proxies that open no tunnel", () => {
  test("a proxy that requires credentials ends the stream, with advice and without the password", async () => {
    const answer = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n";
    const proxy = await localProxy(1, { answer });
    vi.stubEnv("HTTP_PROXY", `http://alice:hunter2@${proxy.host}`);
    const error = await failureOf(streamTo(`ws://${HOST}/v2/iex`, { reconnect: {} }));
    expect(error).toMatchObject({ code: "proxy_failed", status: 407, terminal: true });
    expect(error.message).toBe(
      `the proxy http://${proxy.host} rejected the tunnel to ${HOST}:80 with HTTP 407 Proxy Authentication Required. ` +
        "Put user and password into HTTP_PROXY: http://user:password@host:port, with special characters percent-encoded.",
    );
  });

  test.each([
    ["403 Forbidden", "ask its operator"],
    ["502 Bad Gateway", "Check that the proxy can reach the host"],
    ["302 Found", "name the host in NO_PROXY"],
  ])("a proxy that answers %s is retried", async (status, advice) => {
    const proxy = await localProxy(1, { answer: `HTTP/1.1 ${status}\r\n\r\n` });
    vi.stubEnv("HTTP_PROXY", proxy.host);
    const error = await failureOf(streamTo(`ws://${HOST}/v2/iex`));
    expect(error).toMatchObject({ code: "proxy_failed", terminal: false, status: Number.parseInt(status, 10) });
    expect(error.message).toContain(advice);
  });

  test("the error for a proxy that refuses connections says to check HTTP_PROXY", async () => {
    vi.stubEnv("HTTP_PROXY", "http://127.0.0.1:9");
    const error = await failureOf(streamTo(`ws://${HOST}/v2/iex`));
    expect(error).toMatchObject({ code: "proxy_failed", terminal: false });
    expect(error.message).toMatch(/ECONNREFUSED.*Check HTTP_PROXY and that the proxy runs/);
  });

  test.each(["socks5://alice:hunter2@127.0.0.1:1080", "http://", "http://alice:hunter2@:::", "::"])(
    "a proxy address that is not a URL ends the stream, and its error does not contain it: %s",
    async (address) => {
      vi.stubEnv("HTTP_PROXY", address);
      const error = await failureOf(streamTo(`ws://${HOST}/v2/iex`, { reconnect: {} }));
      expect(error).toMatchObject({ code: "proxy_failed", terminal: true });
      expect(error.message).toContain("HTTP_PROXY must be the address of an HTTP proxy such as");
      expect(error.message).not.toContain("hunter2");
    },
  );

  test.each(["#", "?", "/"])(
    "a proxy password with a bare %s ends the stream, and its error contains no part of it",
    async (sign) => {
      for (const password of [`hunter2${sign}3456`, `1234${sign}hunter2`, `a@hunter2${sign}x`]) {
        vi.stubEnv("HTTP_PROXY", `http://alice:${password}@proxy.example:3128`);
        const error = await failureOf(streamTo(`ws://${HOST}/v2/iex`, { reconnect: {} }));
        expect(error).toMatchObject({ code: "proxy_failed", terminal: true });
        expect(error.message).toContain("percent-encoded");
        expect(error.message).not.toMatch(/hunter2|1234|3456/);
      }
    },
  );

  test("a proxy that does not answer ends with the handshake's timeout, and leaves no socket open", async () => {
    const proxy = await localProxy(1, { answer: "" });
    vi.stubEnv("HTTP_PROXY", proxy.host);
    const error = await failureOf(streamTo(`ws://${HOST}/v2/iex`, { handshakeTimeoutMs: 50 }));
    expect(error.code).toBe("handshake_timeout");
    await proxy.closed;
  });
});
