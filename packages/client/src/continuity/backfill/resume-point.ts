import { kindOf, shownValue } from "../../checks/shown-value.ts";
import { parseTimestamp, toNanoseconds } from "../../wire/timestamp.ts";
import type { ChannelPosition, StreamPosition } from "../stream-position.ts";
import { MARK_LENGTH, marksIn } from "./record-mark.ts";
import type { ChannelStart, DueRecords, StartPoint } from "./start-point.ts";

const WHAT = "a position of a stream, as its property position has it";

/** The position that a stream goes on from, checked. */
export class ResumePoint {
  readonly #channels = new Map<string, ChannelStart>();
  readonly #position: StreamPosition;

  /**
   * @throws TypeError for a value that is no position, for a position of another feed, and for one that a later
   *   version has written. The message names the part that is wrong.
   */
  constructor(position: unknown, feed: string, channels: readonly string[]) {
    if (!isObject(position)) throw new TypeError(`resume must be ${WHAT}, got ${kindOf(position)}`);
    const { version, feed: positionFeed, channels: positions } = position;
    if (version !== 1)
      throw new TypeError(`resume must be ${WHAT}, of version 1; its version is ${shownValue(version)}`);
    if (positionFeed !== feed)
      throw new TypeError(
        `resume must be of the stream's feed "${feed}", got a position of ${shownValue(positionFeed)}`,
      );
    if (!isObject(positions))
      throw new TypeError(`resume.channels must be an object of channels, got ${kindOf(positions)}`);
    for (const [channel, value] of Object.entries(positions)) {
      if (!channels.includes(channel))
        throw new TypeError(`resume.channels has the channel ${shownValue(channel)}, which the stream does not have`);
      this.#channels.set(channel, channelStart(`resume.channels.${channel}`, value));
    }
    this.#position = position as unknown as StreamPosition; // every part was checked
  }

  /** The position of a channel as it was given. */
  positionOf(channel: string): ChannelPosition | undefined {
    return this.#position.channels[channel];
  }

  /** Where one subscription begins: what is due is due to each. */
  start(): StartPoint {
    const channels = new Map(
      [...this.#channels].map(([channel, start]) => {
        const due = [...start.due].map(
          ([symbol, { fromNs, marks }]) => [symbol, { fromNs, marks: new Set(marks) }] as const,
        );
        return [channel, { ...start, due: new Map(due) }] as const;
      }),
    );
    return { isResume: true, of: (channel) => channels.get(channel) };
  }
}

type Unchecked<T> = { readonly [Name in keyof T]?: unknown };

function channelStart(path: string, value: unknown): ChannelStart {
  if (!isObject(value)) throw new TypeError(`${path} must be an object, got ${kindOf(value)}`);
  const { after, symbols = {}, until, done, due = {}, lateFrom } = value as Unchecked<ChannelPosition>; // each is checked below
  if (!isObject(symbols)) throw new TypeError(`${path}.symbols must be an object of times, got ${kindOf(symbols)}`);
  if (!isObject(due)) throw new TypeError(`${path}.due must be an object of symbols, got ${kindOf(due)}`);
  return {
    afterNs: timeNs(`${path}.after`, after),
    symbols: new Map(
      Object.entries(symbols).map(([symbol, time]) => [symbol, timeNs(`${path}.symbols.${symbol}`, time)]),
    ),
    marks: marks(`${path}.done`, done),
    untilNs: timeNs(`${path}.until`, until),
    due: new Map(
      Object.entries(due).map(([symbol, records]) => [symbol, dueRecords(`${path}.due.${symbol}`, records)]),
    ),
    lateFromNs: lateFrom === undefined ? undefined : timeNs(`${path}.lateFrom`, lateFrom),
  };
}

function dueRecords(path: string, value: unknown): DueRecords {
  if (!isObject(value)) throw new TypeError(`${path} must be an object, got ${kindOf(value)}`);
  return { fromNs: timeNs(`${path}.from`, value.from), marks: marks(`${path}.marks`, value.marks) };
}

function marks(path: string, value: unknown): Set<string> {
  if (typeof value === "string" && value.length % MARK_LENGTH === 0) return marksIn(value);
  const got = typeof value === "string" ? `${value.length} characters` : kindOf(value);
  throw new TypeError(`${path} must be a string of marks, ${MARK_LENGTH} characters each, got ${got}`);
}

function timeNs(path: string, time: unknown): bigint {
  const parts = typeof time === "string" ? parseTimestamp(time) : undefined;
  if (parts === undefined)
    throw new TypeError(`${path} must be a time such as "2025-11-14T14:30:00.123456789Z", got ${shownValue(time)}`);
  return toNanoseconds(parts.seconds, parts.nanos);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
