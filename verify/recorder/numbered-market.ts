import { STOCK_SCHEMA } from "@tickerplant/client";
import { Codec, FrameEncoder } from "@tickerplant/client/wire";
import type { FeedSource } from "@tickerplant/recorder";
import { recordsOf } from "./market.ts";

/** Identifies the numbering of the messages. */
export const SOURCE = "numbered market";

/** Numbers of records that belong to one message: more than it has. */
const NUMBERS_A_MESSAGE = 1_000;

const encoder = new FrameEncoder(Codec.MSGPACK, STOCK_SCHEMA);

/** How many records a message has. All of it follows from its number. */
export function countOf(message: number): number {
  if (message % 10 === 0) return 0;
  return message % 97 === 0 ? 400 : 1 + (message % 5);
}

/** The numbers of the records of a message. */
export function recordNumbersOf(message: number): number[] {
  return Array.from({ length: countOf(message) }, (_, index) => message * NUMBERS_A_MESSAGE + index);
}

/** The message of the record with a number. */
export function messageOf(recordNumber: number): number {
  return Math.floor(recordNumber / NUMBERS_A_MESSAGE);
}

/** Whether a message reports a gap. Each second of them has no records. */
export function hasMark(message: number): boolean {
  return message % 20 === 0 || message % 15 === 1;
}

/** The reason of the gap that a message reports. */
export function markOf(message: number): string {
  return `mark ${message}`;
}

/** Passes a message to the recorder of a source with numbers. */
export function pass(message: number, nowMs: number, sink: FeedSource): void {
  const place = { source: SOURCE, sequence: message };
  const time = new Date(nowMs);
  if (hasMark(message))
    sink.gap({ channel: "trades", symbols: ["AAPL"], from: time, to: time, cause: new Error(markOf(message)) });
  const count = countOf(message);
  if (count === 0) return sink.reached(place);
  const timeNs = BigInt(Math.floor(nowMs)) * 1_000_000n;
  const frame = encoder.frame(recordsOf({ first: message * NUMBERS_A_MESSAGE, count, timeNs }));
  if (message % 7 === 0) sink.history(frame, count, place);
  else sink.frame(frame, count, place);
}
