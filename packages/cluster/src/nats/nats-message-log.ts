import {
  DeliverPolicy,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  type OrderedConsumerOptions,
} from "@nats-io/jetstream";
import { CLUSTER_LIMITS } from "../limits.ts";
import type { LogMessage, LogStart, LogState, LogWriter, MessageLog } from "../log/message-log.ts";
import { streamName, subjectOf } from "../log/names.ts";
import { natsError } from "./nats-errors.ts";

/** A stream of JetStream with one subject for each epoch. */
export class NatsMessageLog implements MessageLog {
  readonly #js: JetStreamClient;
  readonly #manager: JetStreamManager;
  readonly #feed: string;
  readonly #stream: string;

  constructor(js: JetStreamClient, manager: JetStreamManager, feed: string) {
    this.#js = js;
    this.#manager = manager;
    this.#feed = feed;
    this.#stream = streamName(feed);
  }

  async append(bytes: Uint8Array, lastSequence: number, { epoch, epochStart }: LogWriter): Promise<void> {
    try {
      // Where the last message of the stream is also the last of the epoch's subject, it is of this epoch.
      const isFirst = lastSequence + 1 === epochStart;
      const expect = {
        streamName: this.#stream,
        lastSequence,
        ...(!isFirst && { lastSubjectSequence: lastSequence }),
      };
      // Without retries: what became of a message is looked up before it is sent again.
      await this.#js.publish(subjectOf(this.#feed, epoch), bytes, {
        expect,
        timeout: CLUSTER_LIMITS.ackTimeoutMs,
        retries: 1,
      });
    } catch (error) {
      throw natsError(`could not append to the stream ${this.#stream}`, error);
    }
  }

  async state(): Promise<LogState> {
    try {
      const { created, state } = await this.#manager.streams.info(this.#stream);
      const { last_seq: lastSequence, bytes: byteLength } = state;
      const firstSequence = Math.max(1, state.first_seq); // 0 before the first message
      // Without a message, NATS says the year 1.
      const lastAtMs = lastSequence === 0 ? 0 : Date.parse(state.last_ts);
      return { id: created, firstSequence, lastSequence, lastAtMs, byteLength };
    } catch (error) {
      throw natsError(`could not read the stream ${this.#stream}`, error);
    }
  }

  async get(sequence: number): Promise<LogMessage | undefined> {
    if (sequence < 1) return undefined;
    try {
      // From the stream's leader: a direct read may be answered by a replica that is behind.
      const message = await this.#manager.streams.getMessage(this.#stream, { seq: sequence });
      return message === null ? undefined : { sequence: message.seq, bytes: message.data };
    } catch (error) {
      throw natsError(`could not read message ${sequence} of the stream ${this.#stream}`, error);
    }
  }

  async read(start: LogStart, onMessage: (message: LogMessage) => void, signal: AbortSignal): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    try {
      const consumer = await this.#js.consumers.get(this.#stream, consumerOptions(start));
      if (signal.aborted) return;
      const messages = await consumer.consume({
        max_messages: CLUSTER_LIMITS.readAhead,
        expires: CLUSTER_LIMITS.pullExpiresMs,
        idle_heartbeat: CLUSTER_LIMITS.consumerHeartbeatMs,
        abort_on_missing_resource: true,
        callback: (message: JsMsg) => {
          if (failure !== undefined) return;
          try {
            onMessage({ sequence: message.seq, bytes: message.data });
          } catch (error) {
            failure = { error };
            messages.stop();
          }
        },
      });
      const stop = (): void => messages.stop();
      signal.addEventListener("abort", stop, { once: true });
      if (signal.aborted) stop();
      try {
        const error = await messages.closed();
        if (error instanceof Error) throw error;
      } finally {
        signal.removeEventListener("abort", stop);
        consumer.delete().catch(() => {}); // it ends by itself
      }
    } catch (error) {
      if (!signal.aborted) throw natsError(`could not read the stream ${this.#stream}`, error);
    }
    if (failure !== undefined) throw failure.error;
    if (!signal.aborted)
      throw natsError(`could not read the stream ${this.#stream}`, new Error("the consumer has ended"));
  }
}

function consumerOptions(start: LogStart): Partial<OrderedConsumerOptions> {
  if ("sequence" in start)
    return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: Math.max(1, start.sequence) };
  return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: new Date(start.sinceMs).toISOString() };
}
