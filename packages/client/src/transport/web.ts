import { Codec, StreamError } from "../wire/index.ts";
import type { Connector, ConnectRequest, Transport, TransportEvents } from "./transport.ts";

/**
 * Websockets by the platform's global `WebSocket`: browsers and workers. It can set no headers, send
 * no pings and not stop reading.
 */
export const connector: Connector = { setsHeaders: false, pings: false, pauses: false, connect };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function connect(request: ConnectRequest, events: TransportEvents): Transport {
  const protocols = request.websocketParams.protocols as string | string[] | undefined; // documented in StreamOptions
  const socket = new WebSocket(request.url, protocols);
  socket.binaryType = "arraybuffer";
  let hasFailed = false;

  socket.onopen = () => events.opened();
  socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
    events.frame(typeof data === "string" ? encoder.encode(data) : new Uint8Array(data));
  };
  socket.onerror = () => {
    hasFailed = true; // browsers tell no reason, on purpose
  };
  socket.onclose = ({ code, reason }) => {
    const failure = hasFailed
      ? new StreamError("connection_lost", "the connection failed; the browser does not say why")
      : undefined;
    events.closed(code, reason, failure);
  };

  return {
    send: (frame, codec) => {
      if (socket.readyState !== WebSocket.OPEN) return;
      socket.send(codec === Codec.JSON ? decoder.decode(frame) : frame.slice());
    },
    ping: () => {},
    pause: () => {},
    resume: () => {},
    close: (code, reason) => socket.close(code, reason),
  };
}
