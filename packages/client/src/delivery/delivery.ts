import type { MarketRecord, RawRecord, StreamError, StreamSchema } from "../wire/index.ts";
import type { Consumer, ConsumerEvents } from "./consumer.ts";
import { Intake } from "./intake.ts";
import type { RecordGate } from "./record-gate.ts";
import { Routing } from "./routing.ts";

/** What the delivery reports to the stream. */
export interface DeliveryEvents {
  /** Reading should stop or go on; see {@link Routing.isFull}. */
  pressureChanged(): void;
  /** A consumer is at its limit; called for every record that finds or leaves it there. */
  slow(consumer: Consumer): void;
  /** An isolated consumer made progress: its policy holds again. */
  recovered(consumer: Consumer): void;
  /** A handler failed, or a consumer with the policy `disconnect` reached its limit (terminal). */
  failed(error: StreamError): void;
  /** The first record whose time does not fit those around it. */
  outlier(channel: string, symbol: string, timeMs: number): void;
}

/** The way of a record from the decoder to handlers and iterators: counted, perhaps held, routed. */
export class Delivery {
  readonly intake: Intake;
  /** Set while something may hold records between intake and routing: without it, no code for it is loaded. */
  hold: RecordGate | undefined;
  readonly routing: Routing;
  readonly consumerEvents: ConsumerEvents;

  constructor(schema: StreamSchema, events: DeliveryEvents) {
    this.intake = new Intake(schema, events.outlier);
    this.routing = new Routing(schema, events.pressureChanged);
    const { intake } = this;
    this.consumerEvents = {
      ...events,
      // For few records, so that it is not kept beside each.
      channelOf: (record) => {
        const { T } = record as RawRecord; // or a record, which has none
        if (T === undefined) return (record as MarketRecord).channel;
        return schema.channelByType[T.charCodeAt(0)] as string; // only types of the schema are delivered
      },
      // Wide, because a range must contain what was lost; only what is wrong for certain is left out.
      isPlausible: (channel, timeMs) => intake.isPossible(channel, timeMs),
      newestMs: (channel) => intake.newest(channel).timeMs,
    };
  }

  /** Receives one record. An arrow function, because the session calls it alone. */
  readonly record = (
    record: MarketRecord | RawRecord,
    channel: string,
    symbol: string,
    symbolNumber: number,
    seconds: number,
    nanos: number,
  ): void => {
    if (!this.routing.isOpen) return; // the rest of a frame: it is not delivered, so it counts as not received
    this.intake.count(channel, symbol, seconds, nanos);
    if (this.hold?.push(record, channel, symbol, symbolNumber, seconds, nanos)) return;
    this.routing.deliver(record, channel, symbol, symbolNumber);
  };

  /** Removes a consumer's routes for symbols of a channel, and what is held for no other consumer. */
  remove(consumer: Consumer, channel: string, symbols: Iterable<string>): void {
    this.routing.remove(consumer, channel, symbols);
    this.hold?.dropUnrouted(channel);
  }

  /** Records that wait, that were dropped and that were replaced, over all subscriptions. */
  totals(): { queued: number; dropped: number; conflated: number } {
    const totals = this.routing.totals();
    if (this.hold === undefined) return totals;
    const { queued, dropped, conflated } = totals;
    return { queued: queued + this.hold.size, dropped: dropped + this.hold.dropped, conflated };
  }

  /** Delivers no further record, and drops those that are held or wait for a handler. */
  stop(): void {
    this.routing.stop();
    this.hold?.discard();
  }
}
