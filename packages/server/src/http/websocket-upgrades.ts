import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Clock } from "@tickerplant/client";
import { WIRE_LIMITS } from "@tickerplant/client/wire";
import { WebSocketServer } from "ws";
import type { Gateway } from "../gateway/gateway.ts";
import { MESSAGE_TOO_BIG } from "../gateway/gateway-session.ts";
import { GATEWAY_LIMITS } from "../gateway/limits.ts";
import type { GatewayConnection, HttpRejection, UpgradeRequest } from "../gateway/socket.ts";
import { chooseDeflateOffer } from "./deflate-offer.ts";
import { FrameCompressor } from "./frame-compressor.ts";
import { rejectUpgrade } from "./reject-upgrade.ts";
import { isClean } from "./request-check.ts";
import { TurnWrites } from "./turn-writes.ts";
import { WebSocketLink } from "./websocket-link.ts";

/** Longest delay of a platform timer, 2^31 - 1 ms. */
const MAX_TIMER_MS = 2_147_483_647;

/** Turns upgrades into websockets of a gateway, by the package `ws`. */
export class WebSocketUpgrades {
  readonly #gateway: Gateway;
  readonly #clock: Clock;
  readonly #compresses: boolean;
  readonly #websockets: WebSocketServer;
  readonly #turnWrites = new TurnWrites();
  /** By window bits, as the client's offer allows. */
  readonly #compressors = new Map<number, FrameCompressor>();

  constructor(gateway: Gateway, clock: Clock, compresses: boolean) {
    this.#gateway = gateway;
    this.#clock = clock;
    this.#compresses = compresses;
    const settings = {
      noServer: true,
      maxPayload: WIRE_LIMITS.maxClientFrameBytes,
      // `ws` answers the offer and inflates; what we send is compressed once for all clients.
      perMessageDeflate: compresses && { serverNoContextTakeover: true },
      autoPong: false, // a half-open link answers none
      closeTimeout: MAX_TIMER_MS, // the link has its own deadlines; @types/ws lacks it
    };
    this.#websockets = new WebSocketServer(settings);
  }

  /** Accepts an upgrade to a path of the gateway, or rejects it. */
  handle(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { url = "/", headers } = request;
    const { remoteAddress } = request.socket;
    const upgrade = { url, headers, ...(remoteAddress !== undefined && { remoteAddress }) };
    const rejection = requestRejection(request) ?? this.#gateway.rejection(upgrade);
    if (rejection !== undefined) {
      // A page that may not connect is an event of its own.
      if (rejection.status !== 403) this.#gateway.reportRejection(rejection, { address: remoteAddress });
      return rejectUpgrade(socket, rejection);
    }
    const offer = this.#compresses ? chooseDeflateOffer(headers["sec-websocket-extensions"]) : undefined;
    headers["sec-websocket-extensions"] = offer?.header; // `ws` would reject the whole upgrade for a wrong offer
    this.#websockets.handleUpgrade(request, socket, head, (websocket) => {
      const compressor = offer && this.#compressorFor(offer.windowBits);
      const { faults } = this.#gateway;
      const [turnWrites, clock] = [this.#turnWrites, this.#clock];
      const link = new WebSocketLink({ websocket, socket, compressor, turnWrites, clock, faults });
      this.#serve(link, socket, upgrade);
    });
  }

  #serve(link: WebSocketLink, socket: Duplex, upgrade: UpgradeRequest): void {
    const connection = this.#gateway.accept(link, upgrade);
    link.serve(connection);
    limitUnauthenticated(link, socket, connection);
  }

  #compressorFor(windowBits: number): FrameCompressor {
    const compressor = this.#compressors.get(windowBits) ?? new FrameCompressor(windowBits);
    this.#compressors.set(windowBits, compressor);
    return compressor;
  }
}

/**
 * Cuts off a client that sends much before it authenticates. The session rejects a long message, but
 * `ws` has one limit per socket and would buffer two MiB first: so the bytes are counted, too.
 */
function limitUnauthenticated(link: WebSocketLink, socket: Duplex, connection: GatewayConnection): void {
  let bytes = 0;
  const count = (chunk: Buffer): void => {
    bytes += chunk.length; // ws got the same chunk before: it has listened for longer
    if (connection.isAuthenticated) return void socket.off("data", count);
    if (bytes > GATEWAY_LIMITS.maxUnauthenticatedBytes) link.reject(MESSAGE_TOO_BIG, "too much before authentication");
  };
  socket.on("data", count);
}

/** An upgrade to another protocol, such as curl's to h2c, gets the one that there is. Source: RFC 9110, section 15.5.22. */
function requestRejection(request: IncomingMessage): HttpRejection | undefined {
  if (!isClean(request)) return { status: 400 };
  return request.headers.upgrade?.toLowerCase() === "websocket" ? undefined : { status: 426 };
}
