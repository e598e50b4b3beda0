import { isFromHistory, type MissedRange, type StreamError, type StreamEvents } from "@tickerplant/client";
import {
  Codec,
  FrameDecoder,
  FrameEncoder,
  type FrameSink,
  MarketRecord,
  type StreamSchema,
  type WritableSchema,
} from "@tickerplant/client/wire";
import type { LogEvent } from "../log/log-event.ts";
import type { LogWriter } from "../log/log-writer.ts";
import { rawFrame } from "./raw-frame.ts";

/** The part of a stream that reports events. */
export interface StreamToRecord {
  on<Name extends keyof StreamEvents>(name: Name, listener: (event: StreamEvents[Name]) => void): unknown;
}

/** Where entries go. */
export type EntrySink = Pick<LogWriter, "frame" | "history" | "event" | "reached" | "problem" | "rowCount" | "metrics">;

/** Records what a stream receives: its frames, its events, and records from history. */
export class StreamSource {
  readonly #log: EntrySink;
  readonly #encoder: FrameEncoder;

  constructor(log: EntrySink, schema: WritableSchema) {
    this.#log = log;
    this.#encoder = new FrameEncoder(Codec.MSGPACK, schema);
  }

  /** Makes the decoder of a stream: it keeps each frame before it is decoded. */
  decoder(schema: StreamSchema): RecordingDecoder {
    return new RecordingDecoder(schema, this.#log);
  }

  /** Keeps a record that the stream delivers if it comes from history; the frames have all others. */
  deliver(record: object): void {
    if (!isFromHistory(record)) return;
    this.#log.history(record instanceof MarketRecord ? this.#encoder.frame([record]) : rawFrame(record));
  }

  /** Keeps the events of a stream that say what is missing. */
  attach(stream: StreamToRecord): void {
    const keep = (event: LogEvent): void => this.#log.event(event);
    stream.on("gap", ({ channel, symbols, from, to, cause }) =>
      keep({ kind: "gap", channel, symbols, from, to, ...causeOf(cause) }),
    );
    stream.on("gapFilled", ({ channel, symbols, from, to, recordCount }) =>
      keep({ kind: "gap_filled", channel, symbols, from, to, count: recordCount }),
    );
    stream.on("gapOpen", ({ channel, symbols, from, to, cause }) =>
      keep({ kind: "gap_open", channel, symbols, from, to, ...causeOf(cause) }),
    );
    stream.on("status", (status) => {
      if (status.state === "reconnecting") keep({ kind: "reconnecting", ...causeOf(status.cause) });
      else if (status.state === "stale") keep({ kind: "stale", channel: status.channel });
      else if (status.state === "closed") keep({ kind: "ended", ...(status.reason && causeOf(status.reason)) });
    });
    stream.on("slow", ({ isIsolated, missed }) => {
      if (isIsolated) keep({ kind: "isolated" });
      for (const range of missed) keep(missedEvent(range));
    });
    stream.on("error", (error) => {
      for (const event of errorEvents(error)) keep(event);
    });
  }
}

/** Keeps frames and decodes them. A `TappedDecoder` would read them record by record, which nothing here needs. */
export class RecordingDecoder {
  readonly #log: EntrySink;
  readonly #decoder: FrameDecoder;

  constructor(schema: StreamSchema, log: EntrySink) {
    this.#log = log;
    this.#decoder = new FrameDecoder(schema);
  }

  decode(frame: Uint8Array, sink: FrameSink, raw?: boolean): void {
    this.#log.frame(frame);
    this.#decoder.decode(frame, sink, raw);
  }
}

function causeOf({ code, message }: StreamError): { readonly cause: string; readonly message: string } {
  return { cause: code, message };
}

function missedEvent({ channel, count, from, to }: MissedRange): LogEvent {
  return { kind: "missed", channel, count, from, to };
}

/** One event for each channel of a rejection, or one for any other error. */
function errorEvents(error: StreamError): LogEvent[] {
  const channels = Object.entries(error.symbols ?? {});
  if (error.serverCode === undefined || channels.length === 0) return [{ kind: "error", ...causeOf(error) }];
  return channels.map(([channel, symbols]) => ({ kind: "rejected", channel, symbols, ...causeOf(error) }));
}
