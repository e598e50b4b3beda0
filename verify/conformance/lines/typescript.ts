import { TRADING } from "./excuses.ts";
import { type Section, section } from "./line.ts";

/** What the official TypeScript SDK, version 4, and its JavaScript predecessor test. */
export const TYPESCRIPT: readonly Section[] = [
  section(
    "TypeScript: frames and URLs",
    ["V1", "credentials in msgpack, exact keys"],
    ["V2", "the URL of each feed; a URL of the user overrides it"],
    ["V3", "symbols queued before connecting are subscribed once authenticated"],
    ["V4", "a later subscribe sends only the new symbols"],
    ["V5", "unsubscribing sends an exact frame and changes the state"],
    ["V6", "before authentication changes send nothing"],
    ["V7", "a snapshot of subscriptions is a copy"],
    ["V8", "an answer updates the state; ours: and removes no unanswered request"],
    ["V9", "blank symbols, and those that are not strings, are rejected"],
    ["V10", "the constructor rejects missing credentials"],
  ),
  section(
    "TypeScript: mapping",
    ["V11", "every type of record is delivered with its long names"],
    ["V12", "missing conditions are an empty array"],
    ["V13", "times have nine digits, a Date is truncated to milliseconds, other extensions are left unchanged"],
    ["V14", "trade updates", TRADING],
  ),
  section(
    "TypeScript: life cycle",
    ["V15", "the states follow in order, each with an event"],
    ["V16", "after a stop no reconnect follows"],
    ["V17", "with reconnects switched off there are none"],
    ["V18", "the delays are 1 s and then 2 s"],
    ["V19", "two more attempts open three sockets in all"],
    ["V20", "402 is final, and reported"],
    ["V21", "connecting twice opens one socket"],
    ["V22", "an unreadable frame is reported, and the connection stays"],
    ["V23", "an error of the socket is reported"],
    [
      "V24",
      "pings are sent at their interval, a missing pong ends the connection, any received data keeps it, 0 sends none",
    ],
    ["V25", "the whole state is subscribed again after a reconnect"],
    ["V26", "the events of a reconnect; ours: one when the back-off starts, then connecting, then authenticated"],
    ["V27", "waiting for authentication: success, 402, closed; an aborted wait affects no other"],
    ["V28", "a listener that throws affects neither other listeners nor the stream"],
    ["V29", "an executor of callbacks", "There is no executor: an iterator is a queue that the user reads, see D2."],
    ["V30", "the trading stream", TRADING],
    ["V31", "no ping while the socket opens, pings once it is open"],
    ["V32", "a null in place of a frame, and an error, do not lose later records"],
    ["V33", "a close by the server during a stop: reported once, no further connection"],
  ),
  section(
    "JavaScript: a server with compression",
    ["J1", "msgpack authentication over a compressed socket; a wrong key fails"],
    ["J2", "an answer with corrections and cancels leaves the subscriptions as requested"],
    ["J3", "unsubscribing from everything"],
    ["J4", "a condition as a single string, and a time with eight decimals"],
  ),
];
