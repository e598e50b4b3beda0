"""Reads all trades with alpaca-py's StockHistoricalDataClient for each line. ../reader.ts describes the lines.

Usage: alpaca-py-history.py URL SYMBOLS START END, SYMBOLS being separated by commas
"""

import json
import sys
import time
from datetime import datetime

from alpaca.data.historical import StockHistoricalDataClient
from alpaca.data.requests import StockTradesRequest

url, symbols, start, end = sys.argv[1:]
client = StockHistoricalDataClient("key", "secret", url_override=url)
request = StockTradesRequest(
    symbol_or_symbols=symbols.split(","),
    start=datetime.fromisoformat(start),
    end=datetime.fromisoformat(end),
)
messages = 0
for _ in sys.stdin:
    found = client.get_stock_trades(request)
    messages += sum(len(trades) for trades in found.data.values())
    totals = {"messages": messages, "cpuS": time.process_time(), "atS": time.monotonic()}
    print(json.dumps(totals), flush=True)
