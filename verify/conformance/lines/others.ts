import { type Section, section } from "./line.ts";

/** What the suites of alpaca-java and databento-python test. */
export const OTHERS: readonly Section[] = [
  section(
    "Java",
    ["K1", "credentials are sent after the welcome"],
    ["K2", "a listener that throws at authentication does not stop the requests"],
    ["K3", "an executor isolates a blocking listener", "JavaScript has one thread, and no executor to choose."],
    ["K4", "the event of a loss shows whether a reconnect follows, and distinguishes a failed transport from a close"],
    ["K5", "an unreadable message and an unknown type are skipped, the next is delivered"],
    ["K6", "closing is idempotent, connecting twice opens one socket; ours: it can run again after a close"],
    ["K7", "a batch is delivered in order"],
    ["K8", "the back-off policy: default, switched off, maximum, jitter, limit, invalid values rejected"],
  ),
  section(
    "Databento",
    ["D1", "subscribing from a callback works"],
    ["D2", "iterating late; ours: nothing is missed, because the iterator queues records from its creation"],
    ["D3", "an iterator that is behind pauses the socket and loses nothing"],
    ["D4", "a large array of symbols is sent in parts and resolves as one"],
    ["D5", "a reconnect keeps the subscriptions and reports the start and end of the gap"],
    ["D6", "failures of one handler are reported, and the others go on"],
    ["D7", "a recording is replayed exactly, also to a slow reader"],
    ["D8", "a client can be used again after a close, and calls no handler twice"],
  ),
];
