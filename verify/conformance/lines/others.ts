import { type Section, section } from "./line.ts";

/** What the suites of alpaca-java and databento-python test. */
export const OTHERS: readonly Section[] = [
  section(
    "Java",
    ["K1", "credentials wait for the welcome"],
    ["K2", "a listener that throws at authentication does not stop the requests"],
    ["K3", "an executor keeps a blocking listener away", "JavaScript has one thread, and no executor to choose."],
    ["K4", "the event of a loss says whether a reconnect follows, and tells a failed transport from a close"],
    ["K5", "an unreadable message and an unknown type are passed over, the next is delivered"],
    ["K6", "closing is idempotent, connecting twice opens one socket; ours: it can run again after a close"],
    ["K7", "a batch is delivered in order"],
    ["K8", "the policy of delays: default, switched off, cap, jitter, limit, bad values refused"],
  ),
  section(
    "Databento",
    ["D1", "subscribing from a callback works"],
    ["D2", "iterating late; ours: nothing is missed, because the iterator holds records from its making on"],
    ["D3", "an iterator that is behind pauses the socket and loses nothing"],
    ["D4", "a large list of symbols goes out in parts and comes together exactly"],
    ["D5", "a reconnect keeps the subscriptions and tells the gap's start and end"],
    ["D6", "failures of one handler are told, and the others go on"],
    ["D7", "what was recorded comes out again exactly, also through a slow outlet"],
    ["D8", "a client can be used again after a close, and calls nobody twice"],
  ),
];
