import { TRADING } from "./excuses.ts";
import { type Section, section } from "./line.ts";

/** What the official TypeScript SDK, version 4, and its JavaScript predecessor test. */
export const TYPESCRIPT: readonly Section[] = [
  section(
    "TypeScript: frames and addresses",
    ["V1", "credentials in msgpack, exact keys"],
    ["V2", "the address of each feed; an address of the user's own wins"],
    ["V3", "symbols queued before connecting are subscribed once authenticated"],
    ["V4", "a later subscribe sends the new symbols alone"],
    ["V5", "unsubscribing sends an exact frame and changes the state"],
    ["V6", "before authentication changes send nothing"],
    ["V7", "a snapshot of subscriptions is a copy"],
    ["V8", "an answer updates the state; ours: and takes no unanswered wish away"],
    ["V9", "blank symbols, and those that are no text, are refused"],
    ["V10", "missing credentials are refused by the constructor"],
  ),
  section(
    "TypeScript: mapping",
    ["V11", "every type of record arrives under its long names"],
    ["V12", "missing conditions are an empty list"],
    ["V13", "times have nine digits, a Date is cut to milliseconds, other extensions are left alone"],
    ["V14", "trade updates", TRADING],
  ),
  section(
    "TypeScript: life cycle",
    ["V15", "the states come in order, each told"],
    ["V16", "after a stop no reconnect follows"],
    ["V17", "without reconnects there is none"],
    ["V18", "the delays are 1 s and then 2 s"],
    ["V19", "two attempts more make three sockets"],
    ["V20", "402 is final, and told"],
    ["V21", "connecting twice opens one socket"],
    ["V22", "an unreadable frame is told and ends nothing"],
    ["V23", "a socket's error is told"],
    [
      "V24",
      "pings come at their interval, a missing pong ends the connection, any sign of life keeps it, 0 sends none",
    ],
    ["V25", "the whole state is subscribed again after a reconnect"],
    ["V26", "the events of a reconnect; ours: told when the wait begins, then connecting, then authenticated"],
    ["V27", "waiting for authentication: success, 402, closed; a caller who gives up settles nothing else"],
    ["V28", "a listener that throws stops no other, and not the stream"],
    ["V29", "an executor of callbacks", "There is no executor: an iterator is a queue that its user drains, see D2."],
    ["V30", "the trading stream", TRADING],
    ["V31", "no ping while the socket opens, pings once it is open"],
    ["V32", "a null for a frame and an error do not lose what comes later"],
    ["V33", "the server's close racing a stop: told once, no further connection"],
  ),
  section(
    "JavaScript: a server with compression",
    ["J1", "authenticates in msgpack over a compressed socket; a wrong key fails"],
    ["J2", "an answer with corrections and cancels leaves the subscriptions as they were asked for"],
    ["J3", "unsubscribing to nothing"],
    ["J4", "a condition as one text, and a time of eight decimals"],
  ),
];
