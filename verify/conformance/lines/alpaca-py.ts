import { NEWS, TRADING } from "./excuses.ts";
import { type Section, section } from "./line.ts";

/** What alpaca-py tests: released, and later. */
export const ALPACA_PY: readonly Section[] = [
  section(
    "alpaca-py",
    ["P1", "every record has the class of its type, and its values"],
    ["P2", "raw mode delivers the keys of the wire"],
    ["P3", "news of one symbol", NEWS],
    ["P4", "news of two symbols, by name and wildcard", NEWS],
    ["P5", "news of others, by wildcard alone", NEWS],
  ),
  section(
    "alpaca-py, later",
    ["PU1", "the upgrade request has a User-Agent"],
    ["PU2", "headers of the user are sent, and replace none of ours"],
    ["PU3", "a connection that answers pings but delivers no data is stale: it is closed once and re-established"],
    ["PU4", "a timeout shorter than the watchdog's interval works"],
    ["PU5", "a slow handler does not make an active stream stale"],
    ["PU6", "control messages and unknown ones do not hide staleness"],
    ["PU7", "after staleness it connects and subscribes again"],
    ["PU8", "only market data counts as data"],
    ["PU9", "sessions that deliver no data after subscribing keep increasing the delay"],
    ["PU10", "with the watchdog switched off, silence is no fault"],
    ["PU11", "a failed transport causes a reconnect"],
    ["PU12", "defaults, overrides and rejected values"],
    ["PU13", "the delay is 50 to 100 % of one that doubles up to 30 s, without overflow"],
    ["PU14", "a failed connect or authentication closes its socket before the wait"],
    ["PU15", "losses after authentication increase the delay too"],
    ["PU16", "an answer alone does not reset the delay"],
    ["PU17", "market data does"],
    ["PU18", "stale connections and lost ones share a counter"],
    ["PU19", "a failing handler neither reconnects nor delays, and the next record is handled"],
    ["PU20", "a stop ends a long back-off at once"],
    ["PU21", "a stopped stream can run again, and connects once"],
    ["PU22", "the modules load without warnings; with a real server: headers, credentials, request, records"],
    ["PU23", "the trading stream's handshake", TRADING],
  ),
];
