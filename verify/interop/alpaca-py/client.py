"""Runs alpaca-py's StockDataStream, unmodified, with commands from standard input.

Usage: client.py URL KEY SECRET [raw]. The commands and the lines that it prints are described in
../README.md. Events that the library only logs are read from its log.
"""

import json
import logging
import sys
import threading
from datetime import datetime, timedelta, timezone

from alpaca.data.live import StockDataStream
from msgpack import Timestamp

EPOCH = datetime.fromtimestamp(0, timezone.utc)
ID_KEYS = ("i", "oi", "ci")
printing = threading.Lock()


def print_event(event, **fields):
    """Prints one event."""
    line = json.dumps({"event": event, **fields})
    with printing:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


class Reports(logging.Handler):
    """The library has no events: it reports the state of a connection only in its log."""

    def emit(self, record):
        text = record.getMessage()
        if record.levelno >= logging.WARNING:
            print_event("report", text=text)
        elif text.startswith("connected to "):
            print_event("connected")


def micros(value):
    """The time of a model, with microseconds."""
    return value.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


def nanos(value):
    """The time of a raw record, with nanoseconds."""
    second = EPOCH + timedelta(seconds=value.seconds)
    return second.strftime("%Y-%m-%dT%H:%M:%S") + f".{value.nanoseconds:09d}Z"


def exchange(value):
    """The code of an Exchange, or a string that is not one."""
    return getattr(value, "value", value)


def trade(v):
    return {
        "T": "t", "S": v.symbol, "i": str(v.id), "x": exchange(v.exchange), "p": v.price, "s": v.size,
        "c": v.conditions, "t": micros(v.timestamp), "z": v.tape,
    }  # fmt: skip


def quote(v):
    return {
        "T": "q", "S": v.symbol, "bx": exchange(v.bid_exchange), "bp": v.bid_price, "bs": v.bid_size,
        "ax": exchange(v.ask_exchange), "ap": v.ask_price, "as": v.ask_size, "c": v.conditions,
        "t": micros(v.timestamp), "z": v.tape,
    }  # fmt: skip


def bar_of(letter):
    def bar(v):
        return {
            "T": letter, "S": v.symbol, "o": v.open, "h": v.high, "l": v.low, "c": v.close, "v": v.volume,
            "n": v.trade_count, "vw": v.vwap, "t": micros(v.timestamp),
        }  # fmt: skip

    return bar


def status(v):
    return {
        "T": "s", "S": v.symbol, "sc": v.status_code, "sm": v.status_message, "rc": v.reason_code,
        "rm": v.reason_message, "t": micros(v.timestamp), "z": v.tape,
    }  # fmt: skip


def correction(v):
    return {
        "T": "c", "S": v.symbol, "x": exchange(v.exchange),
        "oi": str(v.original_id), "op": v.original_price, "os": v.original_size, "oc": v.original_conditions,
        "ci": str(v.corrected_id), "cp": v.corrected_price, "cs": v.corrected_size, "cc": v.corrected_conditions,
        "t": micros(v.timestamp), "z": v.tape,
    }  # fmt: skip


def cancel(v):
    return {
        "T": "x", "S": v.symbol, "i": str(v.id), "x": exchange(v.exchange), "p": v.price, "s": v.size,
        "a": v.action, "t": micros(v.timestamp), "z": v.tape,
    }  # fmt: skip


def raw(message):
    """A raw record: the keys of the wire, times and ids as strings so that JSON keeps every digit."""
    return {
        key: nanos(value) if isinstance(value, Timestamp) else str(value) if key in ID_KEYS else value
        for key, value in message.items()
    }


def main():
    url, key, secret, *rest = sys.argv[1:]
    is_raw = rest == ["raw"]
    log = logging.getLogger("alpaca")
    log.setLevel(logging.INFO)
    log.propagate = False
    log.addHandler(Reports())
    stream = StockDataStream(key, secret, raw_data=is_raw, url_override=url)

    def handler(written):
        shown = raw if is_raw else written

        async def handle(record):
            print_event("record", record=shown(record))

        return handle

    channels = {
        "trades": (stream.subscribe_trades, stream.unsubscribe_trades, handler(trade)),
        "quotes": (stream.subscribe_quotes, stream.unsubscribe_quotes, handler(quote)),
        "bars": (stream.subscribe_bars, stream.unsubscribe_bars, handler(bar_of("b"))),
        "updatedBars": (stream.subscribe_updated_bars, stream.unsubscribe_updated_bars, handler(bar_of("u"))),
        "dailyBars": (stream.subscribe_daily_bars, stream.unsubscribe_daily_bars, handler(bar_of("d"))),
        "statuses": (stream.subscribe_trading_statuses, stream.unsubscribe_trading_statuses, handler(status)),
    }
    stream.register_trade_corrections(handler(correction))
    stream.register_trade_cancels(handler(cancel))

    def run():
        stream.run()
        print_event("ended")

    running = threading.Thread(target=run, daemon=True)
    for line in sys.stdin:
        command = json.loads(line)
        if command["do"] == "connect":
            running.start()
        else:
            subscribe, unsubscribe, handle = channels[command["channel"]]
            if command["do"] == "subscribe":
                subscribe(handle, *command["symbols"])
            else:
                unsubscribe(*command["symbols"])
        print_event("done")
    if running.is_alive():
        stream.stop()
        running.join(timeout=6)  # without frames it checks for a stop every five seconds


main()
