"""Runs alpaca-py's StockHistoricalDataClient, unmodified, with commands from standard input.

Usage: history.py URL KEY SECRET. The commands and the lines that it prints are described in
../README.md.
"""

import json
import sys
from datetime import datetime

from alpaca.common.enums import Sort
from alpaca.common.exceptions import APIError
from alpaca.data.historical import StockHistoricalDataClient
from alpaca.data.requests import (
    StockBarsRequest,
    StockLatestBarRequest,
    StockLatestQuoteRequest,
    StockLatestTradeRequest,
    StockQuotesRequest,
    StockSnapshotRequest,
    StockTradesRequest,
)
from alpaca.data.timeframe import TimeFrame, TimeFrameUnit

UNITS = {"Min": TimeFrameUnit.Minute, "Hour": TimeFrameUnit.Hour, "Day": TimeFrameUnit.Day}


def micros(value):
    """The time of a model, with microseconds."""
    return value.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


def code(value):
    """The code of an Exchange, or a string that is not one."""
    return getattr(value, "value", value)


def trade(v):
    return {
        "i": str(v.id), "x": code(v.exchange), "p": v.price, "s": v.size, "c": v.conditions,
        "t": micros(v.timestamp), "z": v.tape,
    }  # fmt: skip


def quote(v):
    return {
        "bx": code(v.bid_exchange), "bp": v.bid_price, "bs": v.bid_size, "ax": code(v.ask_exchange),
        "ap": v.ask_price, "as": v.ask_size, "c": v.conditions, "t": micros(v.timestamp), "z": v.tape,
    }  # fmt: skip


def bar(v):
    return {
        "o": v.open, "h": v.high, "l": v.low, "c": v.close, "v": v.volume, "n": v.trade_count, "vw": v.vwap,
        "t": micros(v.timestamp),
    }  # fmt: skip


def snapshot(v):
    members = {
        "latestTrade": v.latest_trade and trade(v.latest_trade),
        "latestQuote": v.latest_quote and quote(v.latest_quote),
        "minuteBar": v.minute_bar and bar(v.minute_bar),
        "dailyBar": v.daily_bar and bar(v.daily_bar),
        "prevDailyBar": v.previous_daily_bar and bar(v.previous_daily_bar),
    }
    return {name: value for name, value in members.items() if value is not None}


RANGES = {
    "trades": (StockTradesRequest, "get_stock_trades", trade),
    "quotes": (StockQuotesRequest, "get_stock_quotes", quote),
    "bars": (StockBarsRequest, "get_stock_bars", bar),
}
LATEST = {
    "latest trades": (StockLatestTradeRequest, "get_stock_latest_trade", trade),
    "latest quotes": (StockLatestQuoteRequest, "get_stock_latest_quote", quote),
    "latest bars": (StockLatestBarRequest, "get_stock_latest_bar", bar),
    "snapshots": (StockSnapshotRequest, "get_stock_snapshot", snapshot),
}


def answer(client, command):
    name, symbols = command["ask"], command["symbols"]
    asked = symbols[0] if command.get("single") else symbols
    if name in LATEST:
        request, method, written = LATEST[name]
        found = getattr(client, method)(request(symbol_or_symbols=asked))
        return {symbol: written(value) for symbol, value in found.items()}
    request, method, written = RANGES[name]
    options = {"start": time(command["start"]), "end": time(command["end"]), "limit": command.get("limit")}
    if command.get("descending"):
        options["sort"] = Sort.DESC
    if name == "bars":
        count, unit = command["timeframe"]
        options["timeframe"] = TimeFrame(count, UNITS[unit])
    found = getattr(client, method)(request(symbol_or_symbols=asked, **options))
    return {symbol: [written(value) for value in values] for symbol, values in found.data.items()}


def time(text):
    """A datetime has microseconds."""
    return datetime.fromisoformat(text[:26] + "+00:00")


def main():
    url, key, secret = sys.argv[1:]
    client = StockHistoricalDataClient(key, secret, url_override=url)
    for line in sys.stdin:
        try:
            print(json.dumps({"value": answer(client, json.loads(line))}), flush=True)
        except APIError as error:
            print(json.dumps({"status": error.status_code, "text": str(error)}), flush=True)


main()
