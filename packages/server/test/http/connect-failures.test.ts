import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from "node:net";
import { StockDataStream, type StockDataStreamOptions, type StreamError } from "@tickerplant/client";
import { expect, onTestFinished, test } from "vitest";
import { connectFailure } from "../../../client/src/platform/transport/node/connect-failure.ts";
import { hasOpenssl, makeCertificate } from "../gateway/support/certificate.ts";
import { openServer } from "../gateway/support/server.ts";

function streamTo(urlOverride: string, options: StockDataStreamOptions = {}): StockDataStream {
  const stream = new StockDataStream({ apiKey: "k", secretKey: "s", urlOverride, reconnect: false, ...options });
  onTestFinished(() => stream.close());
  return stream;
}

async function failureOf(stream: StockDataStream): Promise<StreamError> {
  return stream.run().then(
    () => expect.unreachable("the run ended well"),
    (error: StreamError) => error,
  );
}

/** Listens at a port of loopback until the end of the test. */
async function portOf(server: NetServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port; // it listens at a TCP port
}

const webServer = (answer: RequestListener): Promise<number> => portOf(createHttpServer(answer));
const rawServer = (connected: (socket: Socket) => void): Promise<number> => portOf(createServer(connected));

test.skipIf(!hasOpenssl)("an untrusted certificate ends a stream that never connected, with advice", async () => {
  await using server = await openServer({}, { tls: makeCertificate() });
  const error = await failureOf(streamTo(server.url, { reconnect: {} }));
  expect(error).toMatchObject({ code: "untrusted_certificate", terminal: true });
  expect(error.message).toMatch(
    /^the connection failed: self-signed certificate\. .*websocketParams: \{ ca \}.*NODE_EXTRA_CA_CERTS/,
  );
});

test.skipIf(!hasOpenssl)("a certificate for another host ends a stream that never connected, too", async () => {
  const tls = makeCertificate();
  await using server = await openServer({}, { tls });
  const websocketParams = { ca: tls.cert, servername: "other.example" };
  const error = await failureOf(streamTo(server.url, { reconnect: {}, websocketParams }));
  expect(error).toMatchObject({ code: "untrusted_certificate", terminal: true });
  expect(error.message).toContain("The server's certificate is for another host");
});

test.skipIf(!hasOpenssl)("an untrusted certificate is retried by a stream that has been connected", async () => {
  const [trusted, other] = [makeCertificate(), makeCertificate()];
  const server = await openServer({}, { tls: trusted });
  const { port } = server.listener;
  const reconnect = { initialDelayMs: 1, maxDelayMs: 1 };
  const stream = streamTo(server.url, { reconnect, websocketParams: { ca: trusted.cert } });
  const failures: string[] = [];
  let again = (): void => {};
  const connectedAgain = new Promise<void>((resolve) => {
    again = resolve;
  });
  let isReplaced = false;
  stream.on("status", (status) => {
    if (status.state === "authenticated" && failures.length > 0) again();
    if (status.state !== "reconnecting") return;
    failures.push(status.cause.code);
    if (status.cause.code !== "untrusted_certificate" || isReplaced) return;
    isReplaced = true;
    void impostor?.[Symbol.asyncDispose]().then(async () => {
      const back = await openServer({}, { tls: trusted, port });
      onTestFinished(() => back[Symbol.asyncDispose]());
    });
  });
  await stream.connect();
  await server[Symbol.asyncDispose]();
  const impostor = await openServer({}, { tls: other, port });
  await connectedAgain;
  expect(failures).toContain("untrusted_certificate");
});

test("the error for a wss: URL of a server without TLS says to use ws:", async () => {
  await using server = await openServer();
  const error = await failureOf(streamTo(server.url.replace("ws:", "wss:")));
  expect(error).toMatchObject({ code: "connection_lost", terminal: false });
  expect(error.message).toContain("use ws:// instead of wss://");
});

test.skipIf(!hasOpenssl)("the error for a ws: URL of a server with TLS says to use wss:", async () => {
  await using server = await openServer({}, { tls: makeCertificate() });
  const error = await failureOf(streamTo(server.url.replace("wss:", "ws:")));
  expect(error).toMatchObject({ code: "connection_lost", terminal: false });
  expect(error.message).toMatch(/wss:\/\//);
});

test.each<[string, (socket: Socket) => void, RegExp]>([
  ["closes without an answer", (socket) => socket.destroy(), /closed without an answer.*ws:\/\/ or wss:\/\//],
  ["speaks something else", (socket) => void socket.end("220 mail.example ESMTP\r\n"), /no websocket server/],
])("a server that %s is tried again, with advice", async (_, connected, advice) => {
  const port = await rawServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => connected(socket));
  });
  const error = await failureOf(streamTo(`ws://127.0.0.1:${port}/v2/iex`));
  expect(error).toMatchObject({ code: "connection_lost", terminal: false });
  expect(error.message).toMatch(advice);
});

test.each<[number, Record<string, string>, RegExp]>([
  [200, {}, /HTTP 200 OK\. A web page is there and no stream: check the host and the path/],
  [
    302,
    { location: "https://user:hunter2@login.example/in?token=hunter2" },
    /It redirects to https:\/\/login\.example\/in: use/,
  ],
  [301, {}, /It redirects: use that address, or set websocketParams: \{ followRedirects: true \}/],
  [400, {}, /Check the path of the URL, and whether the server wants wss:/],
  [503, {}, /HTTP 503 Service Unavailable\.$/],
])("an upgrade answered with HTTP %d is tried again, with advice", async (status, headers, advice) => {
  const port = await webServer((_request, response) => response.writeHead(status, headers).end());
  const error = await failureOf(streamTo(`ws://127.0.0.1:${port}/v2/iex`));
  expect(error).toMatchObject({ code: "http_rejected", status, terminal: false });
  expect(error.message).toMatch(advice);
  expect(error.message).not.toContain("hunter2");
});

test.each([
  ["CERT_HAS_EXPIRED", "connection_lost", /has to be renewed, or this machine's clock is wrong/],
  ["CERT_NOT_YET_VALID", "connection_lost", /clock/],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "untrusted_certificate", /NODE_EXTRA_CA_CERTS/],
  ["SELF_SIGNED_CERT_IN_CHAIN", "untrusted_certificate", /websocketParams: \{ ca \}/],
  ["INVALID_PURPOSE", "untrusted_certificate", /another certificate/],
  ["CERT_REVOKED", "untrusted_certificate", /another certificate/],
  ["ENOTFOUND", "connection_lost", /no such host/],
  ["EAI_AGAIN", "connection_lost", /DNS/],
  ["ECONNREFUSED", "connection_lost", /Nothing listens there/],
  ["ETIMEDOUT", "connection_lost", /HTTPS_PROXY/],
])("%s is reported as %s, with advice before the connection has opened", (code, expected, advice) => {
  const error = Object.assign(new Error("it failed"), { code });
  const opening = connectFailure(error, false);
  expect(opening).toMatchObject({ code: expected, terminal: expected === "untrusted_certificate", cause: error });
  expect(opening.message).toMatch(advice);
  expect(connectFailure(error, true).message).toBe("the connection failed: it failed");
});

test("the error for a failure at each of a host's addresses has a message", () => {
  const each = ["::1", "127.0.0.1"].map((address) =>
    Object.assign(new Error(`connect ECONNREFUSED ${address}:9`), { code: "ECONNREFUSED" }),
  );
  const error = Object.assign(new AggregateError(each), { code: "ECONNREFUSED" });
  expect(connectFailure(error, false).message).toMatch(
    /^the connection failed: connect ECONNREFUSED ::1:9, connect ECONNREFUSED 127\.0\.0\.1:9\. Nothing listens there/,
  );
});

test.skipIf(!hasOpenssl)("a server that rejects the client's TLS is not reported as one without TLS", async () => {
  const certificate = makeCertificate();
  const server = createTlsServer({ ...certificate, requestCert: true, maxVersion: "TLSv1.2" });
  server.on("tlsClientError", () => {});
  const port = await portOf(server);
  const error = await failureOf(
    streamTo(`wss://127.0.0.1:${port}/v2/iex`, { websocketParams: { ca: certificate.cert } }),
  );
  expect(error).toMatchObject({ code: "connection_lost", terminal: false });
  expect(error.message).toMatch(
    /^the connection failed: TLS: sslv3 alert handshake failure\. .*websocketParams: \{ cert, key \}/,
  );
});

test("the error for a failure of TLS is short, without places in OpenSSL's source", () => {
  const text =
    "write EPROTO 80BC81D82C7F0000:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/ssl3_record.c:350:\n";
  const error = Object.assign(new Error(text), { code: "EPROTO" });
  expect(connectFailure(error, false).message).toMatch(
    /^the connection failed: TLS: wrong version number\. .*use ws:\/\/ instead of wss:/,
  );
});
