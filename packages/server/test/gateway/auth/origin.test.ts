import { describe, expect, test } from "vitest";
import { createGateway } from "../../../src/create-gateway.ts";
import type { GatewayEvent } from "../../../src/gateway/gateway-events.ts";
import { ManualFeed } from "../support/manual-feed.ts";
import { rejectedStatus } from "../support/raw.ts";
import { openServer } from "../support/server.ts";
import { WebPeer } from "../support/web-peer.ts";

/** Returns the status with which a page's upgrade is rejected; undefined if it is accepted. */
function statusFor(origin: string | undefined, host: string, allowedOrigins: readonly string[] = []) {
  const gateway = createGateway({ feeds: { iex: new ManualFeed() }, allowedOrigins });
  const headers = origin === undefined ? { host } : { host, origin };
  return gateway.rejection({ url: "/v2/iex", headers })?.status;
}

describe("allowed origins", () => {
  test.each([
    ["of another site", "https://evil.example", "127.0.0.1:8765"],
    ["of another port of this machine", "http://127.0.0.1:5173", "127.0.0.1:8765"],
    ["of localhost, at the number", "http://localhost:8765", "127.0.0.1:8765"],
    ["of a name that resolves to this machine (DNS rebinding)", "http://evil.example:8765", "evil.example:8765"],
    ["of a name that looks like a number", "http://127.0.0.1.evil.example:8765", "127.0.0.1.evil.example:8765"],
    ["without an origin of its own", "null", "127.0.0.1:8765"],
    ["with an empty origin", "", "127.0.0.1:8765"],
    ["that is a file", "file://", "127.0.0.1:8765"],
    ["with two origins", "http://127.0.0.1:8765, https://evil.example", "127.0.0.1:8765"],
    ["with a user's name in its origin", "http://127.0.0.1:8765@evil.example", "127.0.0.1:8765"],
    ["whose request's host is nonsense", "http://127.0.0.1:8765", "127.0.0.1:8765/@["],
  ])("a web page %s may not connect", (_what, origin, host) => {
    expect(statusFor(origin, host)).toBe(403);
    expect(statusFor(origin, host, ["http://localhost:5173"])).toBe(403);
  });

  test.each([
    ["that is allowed", "http://localhost:5173", "127.0.0.1:8765"],
    ["that is allowed, in capitals", "HTTP://LOCALHOST:5173", "127.0.0.1:8765"],
    ["of the gateway's own number", "http://127.0.0.1:8765", "127.0.0.1:8765"],
    ["of the gateway's own number in IPv6", "http://[::1]:8765", "[::1]:8765"],
    ["of the gateway at localhost", "http://localhost:8765", "localhost:8765"],
    ["of the gateway at the default port", "https://192.0.2.1", "192.0.2.1:443"],
  ])("a web page %s may connect", (_what, origin, host) => {
    expect(statusFor(origin, host, ["http://localhost:5173"])).toBeUndefined();
  });

  test("a program, which sends no origin, may connect", () => {
    expect(statusFor(undefined, "evil.example:8765")).toBeUndefined();
  });

  test.each(["*", "null", "localhost:5173", "http://localhost:5173/", "https://example.com/path", "ftp://a", ""])(
    "allowedOrigins rejects %j",
    (origin) => {
      expect(() => statusFor(undefined, "", [origin])).toThrow("allowedOrigins must have origins such as");
    },
  );

  test("a web page is rejected before the socket opens, even with credentials, and its origin is reported", async () => {
    const events: GatewayEvent[] = [];
    await using server = await openServer({
      keys: [{ key: "K", secret: "S" }],
      allowedOrigins: ["https://good.example"],
      onEvent: (event) => events.push(event),
    });
    const credentials = { "APCA-API-KEY-ID": "K", "APCA-API-SECRET-KEY": "S" };
    const rejected = await rejectedStatus(server.url, { Origin: "https://evil.example", ...credentials });
    expect(rejected.status).toBe(403);
    expect(events).toEqual([{ type: "originRejected", origin: "https://evil.example" }]);
    using peer = await WebPeer.connect(server.url, "json", { headers: { Origin: "https://good.example" } });
    expect(peer.socket.readyState).toBe(peer.socket.OPEN);
  });
});
