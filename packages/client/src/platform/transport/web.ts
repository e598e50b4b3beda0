import * as LIMITS from "../../limits.ts";
import { Codec, StreamError } from "../../wire/index.ts";
import type { Connector, ConnectRequest, Transport, TransportEvents } from "./transport.ts";

/**
 * Opens websockets by the global `WebSocket` of browsers and workers, which cannot set headers, send
 * pings or stop reading.
 */
export const connector: Connector = { setsHeaders: false, pings: false, pauses: false, connect };

const decoder = new TextDecoder();

function connect(request: ConnectRequest, events: TransportEvents): Transport {
  const protocols = request.websocketParams.protocols as string | string[] | undefined; // documented in StreamOptions
  const socket = new WebSocket(request.url, protocols);
  socket.binaryType = "arraybuffer";
  const frames = new TextFrames();
  let failure: StreamError | undefined;
  let isClosed = false;
  const closed = (code: number, reason: string): void => {
    if (isClosed) return;
    isClosed = true;
    clearInterval(watch);
    events.closed(code, reason, failure);
  };
  // Until TCP has ended, a close frame of the peer is visible in `readyState` alone; Node and Bun wait without a limit.
  let wasClosing = false;
  const watch = setInterval(() => {
    const isClosing = socket.readyState === WebSocket.CLOSING;
    if (isClosing && wasClosing) {
      failure ??= closedUnseen();
      closed(1005, "");
    }
    wasClosing = isClosing;
  }, LIMITS.closeTimeoutMs);

  socket.onopen = () => events.opened();
  socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
    events.frame(typeof data === "string" ? frames.encode(data) : new Uint8Array(data));
  };
  socket.onerror = (event) => {
    failure ??= new StreamError("connection_lost", `the connection failed${reasonOf(event)}`);
    // A failed connection has no close code, and some platforms emit `close` late or never.
    // Deferred, because our own close may be the cause.
    queueMicrotask(() => closed(1006, ""));
  };
  socket.onclose = ({ code, reason }) => closed(code, reason);

  return {
    send: (frame, codec) => {
      if (socket.readyState !== WebSocket.OPEN) return;
      socket.send(codec === Codec.JSON ? decoder.decode(frame) : frame.slice());
    },
    ping: () => {},
    pause: () => {},
    resume: () => {},
    close: (code, reason) => {
      clearInterval(watch);
      socket.close(code, reason);
    },
  };
}

const encoder = new TextEncoder();
/** UTF-8 bytes of one UTF-16 unit at most. */
const MAX_UNIT_BYTES = 3;

/**
 * Encodes text frames into one buffer, which is kept: a frame is valid until the next one. Each
 * connection has its own, because a handler of one may be called while another one decodes.
 */
class TextFrames {
  #buffer: Uint8Array = new Uint8Array(0);

  encode(text: string): Uint8Array {
    const neededBytes = text.length * MAX_UNIT_BYTES + LIMITS.frameSlackBytes;
    if (neededBytes > LIMITS.maxKeptFrameBytes) return encoder.encode(text);
    if (neededBytes > this.#buffer.length) {
      this.#buffer = new Uint8Array(Math.min(2 * neededBytes, LIMITS.maxKeptFrameBytes));
    }
    return this.#buffer.subarray(0, encoder.encodeInto(text, this.#buffer).written);
  }
}

function closedUnseen(): StreamError {
  return new StreamError(
    "closed_by_server",
    "the server closed the connection and left the socket open: its close code is unknown",
    { closeCode: 1005 },
  );
}

/** Node, Bun and Deno name the failure; browsers withhold it by design. */
function reasonOf(event: Event): string {
  const message: unknown = "message" in event ? event.message : undefined;
  return typeof message === "string" && message !== "" ? `: ${message}` : "; the platform does not say why";
}
