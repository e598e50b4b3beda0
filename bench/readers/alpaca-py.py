"""Counts what alpaca-py's StockDataStream passes to a handler. ../reader.ts describes the lines. Usage: alpaca-py.py URL"""

import json
import sys
import threading
import time

from alpaca.data.live import StockDataStream

messages = 0


async def handle(_):
    global messages
    messages += 1


stream = StockDataStream("key", "secret", url_override=sys.argv[1])
stream.subscribe_quotes(handle, "*")
stream.subscribe_trades(handle, "*")
threading.Thread(target=stream.run, daemon=True).start()
for _ in sys.stdin:
    totals = {"messages": messages, "cpuS": time.process_time(), "atS": time.monotonic()}
    print(json.dumps(totals), flush=True)
